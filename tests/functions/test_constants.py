"""What is known to fail for every request is refused when it is loaded."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, ResponseTemplate, compile_function


@pytest.mark.parametrize(
    ("expression", "column", "problem"),
    [
        ("1 / 0", 8, "this divides by zero"),
        ("n // 0", 9, "this divides by zero"),
        ("n % '0'", 8, "this divides by zero"),
        ("divisibleBy(n, 0)", 19, "this divides by zero"),
        ('"a" + "b"', 4, "'a' is not a number (~ joins texts)"),
        ("n + true", 8, "true is not a number"),
        ("n * null", 8, "null is not a number"),
        ("n - [1]", 8, "a list is not a number"),
        ("range('x')", 10, "'x' is not a number"),
        ("round(n, {'a': 1})", 13, "an object is not a number"),
        ("first('abc')", 10, "'abc' is not a list (first() takes a list)"),
        ("join(5, ',')", 9, "5 is not a list"),
        ("max([])", 8, "max() of an empty list is nothing"),
        ("n < null", 8, "null has no order"),
        ("[1] >= n", 4, "a list has no order"),
        ('header("bad name")', 11, "'bad name' can't be the name of a header"),
        ("header(5)", 11, "5 can't be the name of a header"),
        ('header(":status")', 11, "a request has no header :status"),
        ('regex_match(x, "\\bfoo")', 20, "the quoted text says '\\x08' here"),
        ('regex_match(x, "(o)\\1")', 23, "the quoted text says '\\x01' here"),
    ],
)
def test_it_is_refused_at_its_place(expression: str, column: int, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        compile_function(FunctionTemplate("a/b", body=f"{{{{ {expression} }}}}"))
    assert problem in str(error.value)
    assert (error.value.line, error.value.column) == (1, column)


@pytest.mark.parametrize(
    "expression",
    [
        *("'5' + '1e3'", "-'3'", "n / '0.5'", "'a' < 'b'", "'a' < n", "range('3')", "first(n)", "sort([])"),
        *('header(":path")', 'regex_match(x, "\\n\\t\\\\d")', 'regex_match(x, "[0-9]\\.")'),
    ],
)
def test_what_may_work_is_taken(expression: str) -> None:
    compile_function(FunctionTemplate("a/b", body=f"{{{{ {expression} }}}}"))


def test_a_method_is_made_of_what_a_method_can_hold() -> None:
    with pytest.raises(TemplateError, match="column 8: ' x' can't be part of a method"):
        compile_function(FunctionTemplate("a/b", headers=((":method", "{{ m }} x"),)))
    compile_function(FunctionTemplate("a/b", headers=((":method", "{% if a %}GET{% else %}{{ m }}{% endif %}"),)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{{ header(":path") }}', "a response has no header :path"),
        ('{{ request_header(":status") }}', "a request has no"),
    ],
)
def test_an_answer_has_no_path_and_a_request_no_status(text: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(headers=(("x-a", text),)),)))
    compile_function(
        FunctionTemplate("a/b", responses=(ResponseTemplate(headers=(("x", '{{ header(":status") }}'),)),))
    )
