"""What is the same for every request is tried at load: nothing fails for all requests that could be told before."""

import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, ResponseTemplate, compile_function

_FAILS = "this fails whenever it is reached: "


@pytest.mark.parametrize(
    ("body", "column", "problem"),
    [
        ("{% for x in 5 %}a{% endfor %}", 13, "'5' is not a list"),
        ("{% for x in null %}a{% endfor %}", 13, "'null' is not a list"),
        ("{% for k, v in [1] %}a{% endfor %}", 16, "'[1]' is not an object"),
        ("{% if a %}{% for x in {'b': 1} %}a{% endfor %}{% endif %}", 23, "'{\"b\": 1}' is not a list"),
        ("{{ upper(null) }}", 4, "'upper(null)' is null"),
        ("{{ a if b else upper(null) }}", 16, "'upper(null)' is null"),
        ("{{ default(a, base64_decode('!')) }}", 15, "'base64_decode(\"!\")' is not base64"),
        ("{% set x = at([1], 5) %}{{ x }}", 12, "'at([1], 5)' has no such element"),
        ("{% if range(10 ** 9) %}a{% endif %}", 7, "the function takes too long for this request"),
        ("{{ sort([1, 'a']) }}", 4, "'sort([1, \"a\"])' is not a number"),
        ("{{ 2 ** 99999 }}", 4, "'2 ** 99999' is not a finite number"),
        ("{{ a ~ regex_replace(null, 'a', 'b') }}", 8, "'null' is null"),
    ],
)
def test_an_expression_that_fails_for_every_request_is_told_with_its_place(
    body: str, column: int, problem: str
) -> None:
    with pytest.raises(TemplateError) as error:
        compile_function(FunctionTemplate("f/g", headers=(("content-type", "text/plain"),), body=body))
    assert (error.value.field, error.value.column, error.value.problem) == ("body", column, _FAILS + problem)


@pytest.mark.parametrize(
    ("template", "field", "problem"),
    [
        (FunctionTemplate("f/g", path="/{{ '' }}/a"), "path", "'\"\"' is empty; a path segment can't be"),
        (FunctionTemplate("f/g", path="/{{ null }}"), "path", "'null' is null"),
        (FunctionTemplate("f/g", path="/a/{{ '..' }}"), "path", "'path' has a segment '.' or '..'"),
        (FunctionTemplate("f/g", headers=((":method", "{{ 'a b' }}"),)), "headers.:method", "'method' is not a method"),
        (FunctionTemplate("f/g", headers=(("host", "{{ 'a b' }}"),)), "headers.host", "'host' is not a host"),
        (
            FunctionTemplate("f/g", responses=(ResponseTemplate(status="{{ 99 }}"),)),
            "response.status",
            "'status' is not a status from 200 to 599 with a body",
        ),
    ],
)
def test_a_field_that_fails_for_every_request_is_told(template: FunctionTemplate, field: str, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        compile_function(template)
    assert (error.value.field, error.value.problem) == (field, _FAILS + problem)


@pytest.mark.parametrize(
    "body",
    [
        "{{ default(first([false]), 1) }}",
        "{{ default(a, null) }}",
        "{% for x in [1, 2] %}{{ x }}{% endfor %}",
        "{% for k, v in {'a': 1} %}{{ k }}{% endfor %}",
        "{% if [1][0] == 1 %}a{% endif %}",
        "{% if {'a': 1}.b %}a{% endif %}",
        "{{ upper(a) }}{{ uuid() }}{{ now() }}{{ header('x') }}{{ exists('a.b') }}",
        "{{ upper('a') ~ lower('B') }}",
    ],
)
def test_what_can_succeed_is_not_refused(body: str) -> None:
    template = FunctionTemplate("f/g", headers=(("content-type", "text/plain"), (":method", "{{ 'HEAD' }}")), body=body)
    compile_function(template, [Parameter("query", "q")])


@pytest.mark.parametrize(
    "template",
    [
        FunctionTemplate("f/g", path="/{{ regex_replace('abc', 'b', 'c') }}"),
        FunctionTemplate("f/g", headers=((":method", "{{ regex_replace('POXT', 'X', 'S') }}"),)),
        FunctionTemplate("f/g", headers=(("host", "{{ 'a.b' if regex_match('a', 'a') else 'c.d' }}"),)),
        FunctionTemplate("f/g", responses=(ResponseTemplate(status="{{ regex_replace('20x', 'x', '1') }}"),)),
        FunctionTemplate("f/g", body='{"a": {{ length(range(300000)) }}}', max_body=2**20),
    ],
)
def test_fields_of_constants_with_regexes_and_with_room_are_accepted(template: FunctionTemplate) -> None:
    compile_function(template)
