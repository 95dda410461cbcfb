import pytest

from gloo.errors import TemplateError
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Call, Comparison, Item, Literal, Logic, Output, Statement, Text, Variable


def one(text: str) -> Statement:
    (statement,) = parse(Source.of("body", text))
    return statement


def expression(text: str) -> object:
    statement = one(f"{{{{ {text} }}}}")
    assert isinstance(statement, Output)
    return statement.expression


def test_text_stays_as_it_is() -> None:
    assert one('  {"a": 1}\n\n') == Text('  {"a": 1}\n\n', 0)


def test_every_node_knows_its_offset() -> None:
    text, output = parse(Source.of("body", "ab\n {{ user.name }}"))
    assert text == Text("ab\n ", 0)
    assert output == Output(Variable(("user", "name"), 7), 7)


def test_stripped_blanks_do_not_shift_offsets() -> None:
    first, second = parse(Source.of("body", "  {{- a -}}  {{ b }}"))
    assert [first.at, second.at] == [6, 16]


def test_a_dash_without_blanks_joins_names() -> None:
    assert expression("x-user-id") == Variable(("x-user-id",), 3)
    assert expression("user.first-name") == Variable(("user", "first-name"), 3)
    assert type(expression("a - b")).__name__ == type(expression("a -b")).__name__ == "Arithmetic"


def test_fields_and_elements() -> None:
    assert expression('a["b c"].d') == Variable(("a", "b c", "d"), 3)
    assert expression("a[0]") == Item(Variable(("a",), 3), Literal(0, 5), 3)
    assert expression("a.0") == Item(Variable(("a",), 3), Literal(0, 5), 3)


def test_a_pipe_is_a_call() -> None:
    found = expression('name | default("x")')
    assert isinstance(found, Call)
    assert (found.function, found.arguments[0]) == ("default", Variable(("name",), 3))


def test_else_if_is_elif() -> None:
    assert type(one("{% if a %}1{% else if b %}2{% else %}3{% endif %}")).__name__ == "If"
    inner = one("{% if a %}1{% else %}{% if b %}2{% endif %}{% endif %}")
    assert type(inner).__name__ == "If"


def test_a_line_statement() -> None:
    assert type(one("## if a\nx\n## endif\n")).__name__ == "If"


def test_comments_leave_nothing() -> None:
    assert parse(Source.of("body", "{# x #}")) == ()


def test_comparisons_chain() -> None:
    found = expression("1 < a <= 3")
    assert type(found).__name__ == "Logic"
    assert isinstance(expression("a not in b"), Comparison)


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("{{ a b }}", 1, 6, "'}}' is due, not 'b'"),
        ("x\n {{ a ? }}", 2, 7, "'?' can't stand here"),
        ("{{ a", 1, 4, "the template ends where '}}' is due"),
        ("{{", 1, 1, "the template ends inside of a tag"),
        ("{{ a +", 1, 6, "the template ends inside of a tag"),
        ("{{ a |", 1, 6, "the template ends where a name is due"),
        ("{{ a | }}", 1, 8, "a name is due, not '}}'"),
        ("{{ a 5 }}", 1, 6, "'}}' is due, not a number"),
        ("{{ a. }}", 1, 7, "a name or a number is due"),
        ("{% %}", 1, 4, "the name of a tag is due"),
        ("{% raw x %}", 1, 4, "'raw' stands alone in its tag ({% raw %} ... {% endraw %})"),
        ("a {% endraw %}", 1, 6, "'endraw' can't stand here (it belongs to {% raw %})"),
        ("{{ (a }}", 1, 7, "'}' can't stand here (')' is due)"),
        ("a {# b", 1, 5, "missing end of comment tag"),
        ("{{ 'abc }}", 1, 4, "the quote is not closed"),
        ("{% if a %}", 1, 9, "the template ends inside of 'if' (close it with {% endif %})"),
        ("{% nope %}", 1, 4, "unknown tag 'nope'"),
        ("{% endif %}", 1, 4, "'endif' can't stand here (it belongs to if)"),
        ("{% include 'x' %}", 1, 4, "not part of the language"),
        ("{% macro a() %}{% endmacro %}", 1, 4, "not part of the language"),
        ("{% set a.b = 1 %}", 1, 4, "set takes one name and '='"),
        ("{{ nope(1) }}", 1, 4, "unknown function 'nope'"),
        ("{{ x | defalt(1) }}", 1, 8, "unknown function 'defalt'"),
        ("{{ default(1) }}", 1, 4, "takes 2 arguments, not 1"),
        ("{{ header(name='x') }}", 1, 4, "by their order only"),
        ("{{ a.b() }}", 1, 7, "no methods"),
        ("{{ a[1:2] }}", 1, 5, "slices"),
        ("{{ a is nope }}", 1, 6, "unknown test"),
        ("{{ 1e999 }}", 1, 4, "too large"),
        ("{{ a, b }}", 1, 5, "not part of the language"),
        ("{{ {1: 2} }}", 1, 5, "a key is a string"),
        ("{% for a in b if c %}{% endfor %}", 1, 4, "can't have"),
        ("{% for a, b, c in d %}{% endfor %}", 1, 4, "one name or two"),
        ("{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", 1, 34, "brackets are nested deeper than 30"),
        ("{% autoescape true %}{{ x }}{% endautoescape %}", 1, 4, "'autoescape' is not part of the language"),
        ("{% set x %}a{% endset %}", 1, 4, "set takes one name and '='"),
        ("{% filter upper %}a{% endfilter %}", 1, 4, "'filter' is not part of the language"),
        ("{% if a %}{% endfor %}", 1, 14, "'endfor' can't stand here (the innermost open tag is 'if')"),
        ("{% fro x in xs %}", 1, 4, "unknown tag 'fro' (did you mean 'for'?)"),
        ("a\n## h2\n", 2, 4, "unknown tag 'h2' (## at the start of a line begins a statement"),
        ("{{ " + "9" * 5000 + " }}", 1, 4, "the number has 5000 characters"),
        ("{{ x" + " + x" * 400 + " }}", 1, 1362, "more than 60 steps in one another"),
        ("{{ 1 < upper(1 < upper(1 < upper(1 < x < 2) < 2) < 2) < 2 }}", 1, 8, "too much stands between"),
        ("a\ud800b", 1, 2, "is no character"),
        ("{{ '\\ud800' }}", 1, 5, "is no character"),
        ("x" * 65_537, 1, 1, "at most 65536"),
    ],
)
def test_what_is_not_of_the_language_is_refused_at_its_place(text: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        parse(Source.of("body", text))
    assert problem in str(error.value)
    assert (error.value.field, error.value.line, error.value.column) == ("body", line, column)


def test_a_backslash_that_begins_no_escape_stays() -> None:
    assert expression(r'"\d\.\\w\n"') == Literal("\\d\\.\\w\n", 3)


def test_a_long_chain_is_a_low_tree() -> None:
    found = expression(" or ".join(["a"] * 1000))
    depth = 0
    while isinstance(found, Logic):
        depth, found = depth + 1, found.right
    assert depth <= 11


def test_a_slip_in_a_name_is_guessed() -> None:
    with pytest.raises(TemplateError, match=r"did you mean default\(\)"):
        parse(Source.of("body", "{{ x | defalt(1) }}"))
