"""How errors call what fails."""

import json

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Call, Output
from gloo.functions.wording import called, subject


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("user.name", "user.name"),
        ("xs[-1]", "xs[-1]"),
        ("xs[i].a", 'xs[i]["a"]'),
        ("'a' ~ n", '"a" ~ n'),
        ("a + 1 < b", "a + 1 < b"),
        ("not (a and b)", "not a and b"),
        ("[1, a]", "[1, a]"),
        ("{'k': a}", '{"k": a}'),
        ("a if b else null", "a if b else null"),
        ("uuid()", "uuid()"),
        ("upper(trim(a))", "upper(trim(a))"),
        ("'é'", '"é"'),
        ("'" + "a" * 100 + "'", '"' + "a" * 56 + "..."),
    ],
)
def test_a_value_is_called_as_it_is_written(expression: str, name: str) -> None:
    (output,) = parse(Source.of("body", f"{{{{ {expression} }}}}"))
    assert isinstance(output, Output)
    assert called(output.expression) == name


@pytest.mark.parametrize(("expression", "name"), [("upper(trim(a))", "a"), ("upper('x')", 'upper("x")')])
def test_a_function_works_on_the_first_variable(expression: str, name: str) -> None:
    (output,) = parse(Source.of("body", f"{{{{ {expression} }}}}"))
    assert isinstance(output, Output)
    assert isinstance(output.expression, Call)
    assert subject(output.expression) == name


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("-{{ xs[-1] }}", "'xs[-1]' is missing"),
        ("-{{ 'a' ~ n ~ null }}", "'null' is null"),
        ("-{{ n * s }}", "'s' is not a number"),
        ("-{{ round(n, s) }}", "'s' is not a number"),
        ("-{{ divisibleBy(n, xs) }}", "'xs' is not a number"),
        ("-{{ replace(s, 'x', gone) }}", "'gone' is null"),
        ("-{{ join(xs, gone) }}", "'gone' is null"),
        ("-{{ hmac_sha256(s, gone) }}", "'gone' is null"),
        ("-{{ replace_with_random(s, gone) }}", "'gone' is null"),
        ("-{{ n / (n - n) }}", "'n - n' is zero, and nothing can be divided by it"),
        ("-{{ n ** 999 }}", "'n ** 999' is not a finite number"),
    ],
)
def test_an_error_names_what_is_wrong(gateway: Gateway, template: str, message: str) -> None:
    outcome = call(gateway, Request(body=b'{"xs": [1], "n": 12, "s": "x", "gone": null}'), body=template)
    assert json.loads(outcome.answer)["error"]["message"] == message
