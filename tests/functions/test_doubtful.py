"""Warnings of what a template may say and hardly ever means."""

import pytest

from gloo.functions import FunctionTemplate, compile_function
from gloo.functions.doubtful import doubts
from gloo.functions.source import Source
from gloo.functions.template import parse


def told(text: str) -> list[tuple[int, str]]:
    source = Source.of("body", text)
    return [(each.column, each.problem) for each in doubts(parse(source), source)]


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ('{{ name or "-" }}', 12, "\"-\" is always true here: 'or' gives true or false"),
        ('{{ "" if a else name or 0 }}', 25, "0 is always false here: 'or' gives true or false"),
        ('{% if a == "x" or "y" %}{% endif %}', 19, "\"y\" is always true here: 'or' gives true or false"),
        ('{% set b = a and "y" %}', 18, "\"y\" is always true here: 'and' gives true or false"),
        ("{% for x in [a or b or null] %}{% endfor %}", 24, "null is always false here: 'or' gives true or false"),
    ],
)
def test_a_constant_beside_and_or_or_is_told(text: str, column: int, problem: str) -> None:
    assert told(text) == [(column, problem)]


@pytest.mark.parametrize(
    "text", ["a or b", 'a == "x" or b', "a or false", 'default(a, "x") and b', '"x" if a or b else 0']
)
def test_what_may_be_meant_is_not_told(text: str) -> None:
    assert told(f"{{{{ {text} }}}}") == []


@pytest.mark.parametrize(
    "text", ['now("%Y/%m/%d")', "uuid()", 'env("FUNCTION_A") ~ "/"', 'data_source("a")', '"a/b"', "{'a': now()}"]
)
def test_what_no_message_brings_may_stay_unescaped(text: str) -> None:
    assert told(f"{{{{ {text} | raw }}}}") == []


@pytest.mark.parametrize(
    "text", ["x", 'now() ~ "/" ~ x', 'header("a")', "body()", 'replace(env("FUNCTION_A"), "a", x)', "context()"]
)
def test_what_a_message_brings_is_told_where_it_is_not_escaped(text: str) -> None:
    assert told(f"{{{{ ({text}) | raw }}}}") == [(5, "this value is not escaped")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('now("%Y-%m-%dT%Q")', "now() knows no '%Q'"),
        ('upper(now("%d%"))', "now() knows no '%'"),
        ('now("iso")', 'now("iso") is no time'),
    ],
)
def test_a_time_that_no_format_writes_is_told(text: str, problem: str) -> None:
    assert [each for _, each in told(f"{{{{ {text} }}}}")] == [problem]


@pytest.mark.parametrize(
    "text", ["now()", 'now("%FT%T%z 100%%")', 'now("%Ey %Od")', 'now("%-d.%_m.%06Y %^a %-Od")', "now(layout)"]
)
def test_a_time_as_strftime_has_it_is_not_told(text: str) -> None:
    assert told(f"{{{{ {text} }}}}") == []


def test_a_function_has_these_warnings() -> None:
    program = compile_function(FunctionTemplate("a/b", path="/{{ a or 'x' }}"))
    assert [(each.field, each.column) for each in program.warnings] == [("path", 10)]
