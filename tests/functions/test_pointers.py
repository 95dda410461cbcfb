"""Names as JSON pointers, and Inja's own sign for powers."""

import json

import pytest
from tests.functions.gateway import Gateway, Request

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.body_modes import BodyMode
from gloo.functions.known import Known

FIELDS = {
    "a": {"b": [10, {"c": "x"}], "d-e": 8},
    "n": 7,
    "b": 2,
    "xs": [{"k": 1}, {"k": 2}],
    "s/t": 1,
    "o": {"x~y/z": 2, "01": 3, "7": {"k": True}},
}
POINTERS = Known(pointers=True)


def rendered(gateway: Gateway, text: str) -> str:
    program = compile_function(FunctionTemplate("u/f", body=f"-{text}", known=POINTERS))
    outcome = gateway.send(program, Request(body=json.dumps(FIELDS).encode()))
    assert outcome.code is None, outcome.answer
    return (outcome.request.body or b"").decode()[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a/b/0 }}", "10"),
        ("{{ a/b/1/c | upper }}", "X"),
        ("{{ a/d-e }}", "8"),
        ("{{ n / b }}{{ n /b }}{{ n/ b }}", "3.53.53.5"),
        ("{{ (n)/b }}{{ a/d-e / b }}", "3.54"),
        ("{% if a/b/0 == 10 %}y{% endif %}{% for x in xs %}{{ x/k }}{% endfor %}", "y12"),
        ("{{ default(a/q/r, 1) }}{{ exists(a/b) }}{{ 'a/b' }}", "1truea/b"),
        ("{{ a.b[0] }}", "10"),
        ("{{ /a/b/0 }}{{ n + /a/b/0 }}{{ default(/a/q, /n) }}", "10177"),
        ("{{ s~1t }}{{ o/x~0y~1z }}{{ o/01 }}{{ o/7/k }}", "123true"),
        ("{{ exists('a/b/1/c') }}{{ exists('/a/b') }}{{ exists('a/b/2') }}{{ exists('a.b') }}", "truetruefalsetrue"),
        ("{{ exists('s~1t') }}{{ exists('o/01') }}", "truetrue"),
        ("{{ 8 /b }}{{ (n)/b }}", "43.5"),
    ],
)
def test_a_pointer_is_a_way_into_the_body(gateway: Gateway, text: str, expected: str) -> None:
    assert rendered(gateway, text) == expected


def test_pointers_stand_in_all_templates_of_a_function(gateway: Gateway) -> None:
    mode = BodyMode(keys=(("n", "{{ a/b/0 }}"),))
    template = FunctionTemplate("u/f", "/{{ a/b/1/c }}", (("x-a", "{{ a/d-e }}"),), mode=mode, known=POINTERS)
    sent = gateway.send(compile_function(template), Request(body=json.dumps(FIELDS).encode())).request
    assert (sent.path, sent.headers["x-a"], json.loads(sent.body or b"")["n"]) == ("/x", "8", 10)


def test_without_them_a_slash_divides(gateway: Gateway) -> None:
    program = compile_function(FunctionTemplate("u/f", body="-{{ n/b }}"))
    assert gateway.send(program, Request(body=json.dumps(FIELDS).encode())).request.body == b"-3.5"


def test_a_parameter_is_a_step_of_a_pointer(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", "/{{ user/id }}", parse_body="none", known=POINTERS)
    program = compile_function(template, [Parameter("query", "q", "{user.id}")])
    assert gateway.send(program, Request("/?q=7")).request.path == "/7"


def test_an_error_still_has_its_place() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_function(FunctionTemplate("u/f", body="-{{ a/b | nothing }}", known=POINTERS))
    assert (caught.value.line, caught.value.column) == (1, 11)
    with pytest.raises(TemplateError):
        compile_function(FunctionTemplate("u/f", body="-{{ a/ }}", known=POINTERS))


@pytest.mark.parametrize(("text", "expected"), [("2 ^ 10", "1024"), ("b^2", "4"), ("2 * n ^ 2", "98")])
def test_a_power_may_be_written_as_inja_does(gateway: Gateway, text: str, expected: str) -> None:
    assert rendered(gateway, f"{{{{ {text} }}}}") == expected
    assert rendered(gateway, f"\n## if {text} == {expected}\nyes\n## endif\n") == "\nyes\n"
