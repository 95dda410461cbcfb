"""What a call is given in quotes is known when a template is compiled, and what it works on is named in its errors."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, ResponseTemplate, compile_function
from gloo.functions.known import Known

_KNOWN = Known({"region": "eu"}, {"terms": "the terms"}, variables={"place": "FUNCTION_PLACE"})


def _source(expression: str) -> str:
    return compile_function(FunctionTemplate("a/b", body=f"-{{{{ {expression} }}}}", known=_KNOWN)).source


@pytest.mark.parametrize(
    ("call", "function"),
    [
        ("cluster_metadata(x)", "cluster_metadata"),
        ("data_source(x)", "data_source"),
        ("dynamic_metadata('a', x)", "dynamic_metadata"),
        ("env(x)", "env"),
        ("extraction(x)", "extraction"),
        ("hmac_sha256(x, y, z)", "hmac_sha256"),
        ("host_metadata(5)", "host_metadata"),
        ("jwt_claim(null)", "jwt_claim"),
        ("regex_match(x, y)", "regex_match"),
        ("regex_replace(x, 'y', z)", "regex_replace"),
        ("sha256(x, y)", "sha256"),
        ("values(x)", "values"),
    ],
)
def test_what_has_to_be_known_is_given_in_quotes(call: str, function: str) -> None:
    with pytest.raises(TemplateError) as error:
        _source(call)
    assert error.value.problem == f"{function}() takes this argument in quotes"


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("upper(name)", "gloo.call_upper(1, gloo.need(fields.name, 2))"),
        ("cluster_metadata('region')", '"eu"'),
        ("data_source('terms')", '"the terms"'),
        ("data_source('place')", 'gloo.env("FUNCTION_PLACE", 1)'),
        ("header('X-Y')", '(headers:get("x-y") or "")'),
        ("body()", '(text or "")'),
        ("default(first(xs), 1)", "gloo.default(gloo.some_first(1, fields.xs), 1)"),
        ("default(cluster_metadata('zone'), 1)", "gloo.default(nil, 1)"),
        ("default(env('FUNCTION_A'), 1)", 'gloo.default(gloo.env("FUNCTION_A"), 1)'),
        ("join(xs, y)", "gloo.call_join(1, gloo.need(fields.xs, 2), gloo.text(fields.y, 3))"),
        ("round(x, 2)", "gloo.call_round(1, gloo.need(fields.x, 2), gloo.number(2, 3))"),
    ],
)
def test_a_call_is_written_as_its_function_needs_it(call: str, written: str) -> None:
    assert f"gloo.text({written}, " in _source(call)


def test_a_mark_of_the_host_stands_in_answers_only() -> None:
    text = '{{ host_metadata("zone") }}'
    program = compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(headers=(("x-zone", text),)),)))
    assert program.hosts == ("zone",)
    with pytest.raises(TemplateError, match="host_metadata\\(\\) is for response templates"):
        compile_function(FunctionTemplate("a/b", headers=(("x-zone", text),)))


def test_a_request_keeps_the_headers_that_its_answer_asks_for() -> None:
    text = '{{ request_header("X-User") }}{{ request_header(":path") }}'
    program = compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(headers=(("x-a", text),)),)))
    assert program.kept == ("x-user", ":path")
