import json

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, compile_function
from gloo.functions.body_language import place_body
from gloo.functions.context import place
from gloo.functions.json_language import Json
from gloo.functions.source import Source
from gloo.functions.target_language import Target
from gloo.functions.template import parse
from gloo.functions.tree import Output, Place, statements


def places(text: str, *, content_type: str | None = None) -> list[Place]:
    source = Source.of("body", text)
    block = place_body(parse(source), content_type, source).block
    return [statement.place for statement in statements(block) if isinstance(statement, Output)]


def refusal(text: str) -> TemplateError:
    with pytest.raises(TemplateError) as error:
        places(text)
    return error.value


STRING, VALUE, KEY, PLAIN = Place.JSON_STRING, Place.JSON_VALUE, Place.JSON_KEY, Place.PLAIN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": {{ x }}}', [VALUE]),
        ('{"a": "{{ x }}"}', [STRING]),
        ('{"a": "b {{ x }} c {{ y }}", "d": [1, {{ z }}, {{ z }}]}', [STRING, STRING, VALUE, VALUE]),
        ('{{{ x }}: 1, "k{{ y }}": 2}'.replace("{{{", "{ {{"), [KEY, STRING]),
        ('{"a": "\\"{{ x }}", "b{": {{ y }}}', [STRING, VALUE]),
        ("[{{ x }}]", [VALUE]),
        ('"{{ x }}"', [STRING]),
        ("{{ x }}", [PLAIN]),
        ("id={{ x }}", [PLAIN]),
        ('{% if a %}{"a": {{ x }}}{% else %}["{{ y }}"]{% endif %}', [VALUE, STRING]),
        ('{"a": {% if b %}{{ x }}{% else %}"{{ y }}"{% endif %}}', [VALUE, STRING]),
        ("[{% for x in xs %}{{ x }}{% if not loop.is_last %},{% endif %}{% endfor %}]", [VALUE]),
        ("[{% for x in xs %}{% if loop.index %},{% endif %}{{ x }}{% endfor %}]", [VALUE]),
        ('{ {% for k, v in o %}"{{ k }}": {{ v }}{% if not loop.is_last %},{% endif %}{% endfor %} }', [STRING, VALUE]),
        ("{% set a = 1 %}[{{ a }}]", [VALUE]),
    ],
)
def test_an_expression_has_the_place_of_the_text_around_it(text: str, expected: list[Place]) -> None:
    assert places(text) == expected


def test_the_content_type_tells_the_language() -> None:
    assert places("{{ x }}", content_type="application/json; charset=utf-8") == [VALUE]
    assert places("{{ x }}", content_type="application/problem+json") == [VALUE]
    assert places('{"a": {{ x }},}', content_type="text/plain") == [PLAIN]


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ('{"a": {{ x }},}', 15, "a key in quotes is due, not '}'"),
        ('{"a": nope, "b": {{ x }}}', 7, "a value is due, not 'n'"),
        ('{"a": {{ x }}', 14, "the text ends where ',' or a closing bracket is due"),
        ('{"a": 1 {{ x }}}', 12, "',' or a closing bracket is due before an expression"),
        ("[1{{ x }}]", 6, "due before an expression"),
        ('["\\{{ x }}"]', 3, "can't stand in a string"),
        ('["a\t{{ x }}"]', 4, "can't stand in a string"),
        ("[01]", 2, "a value or ']' is due"),
        ("{'a': 1}", 2, "a key in quotes or '}' is due"),
        ('[1{% if b %}oops{% endif %}]', 13, "',' or a closing bracket is due, not 'o'"),
        ('[{% for x in xs %}[{{ x }},{% endfor %}1]', 5, "the loop opens more of JSON than it closes"),
        ("[" + '{% if x %}[{% else %}{"a":{% endif %}' * 40, 301, "branches leave more than 256 ways to go on in JSON"),
    ],
)  # fmt: skip
def test_json_with_a_slip_is_refused_where_it_is(text: str, column: int, problem: str) -> None:
    error = refusal(text)
    assert problem in error.problem
    assert error.column == column


def test_an_uncertain_place_is_refused() -> None:
    error = refusal('[{% if a %}"{% endif %}{{ x }}{% if a %}"{% endif %}]')
    assert "a JSON string or in a JSON value" in error.problem


def targets(text: str) -> list[Place]:
    source = Source.of("path", text)
    block = place(parse(source), Target(), source)
    return [statement.place for statement in statements(block) if isinstance(statement, Output)]


def test_a_target_has_segments_and_a_query() -> None:
    assert targets("/a/{{ x }}/b{{ y }}?c={{ z }}&{{ k }}=/{{ w }}") == [Place.SEGMENT] * 2 + [Place.QUERY] * 3
    assert targets("{{ x }}/a") == [Place.TARGET]
    assert targets("/a{% if b %}?c={{ x }}{% else %}/{{ y }}{% endif %}") == [Place.QUERY, Place.SEGMENT]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pets", "must start with '/'"),
        ("/a b", "can't stand in a path; write it as %20"),
        ("/é", "%C3%A9"),
        ("/a#b", "%23"),
        ("/a%zz", "%25"),
        ("/a/../b", "resolved away"),
        ("/a/./{{ x }}", "resolved away"),
    ],
)
def test_a_target_that_can_not_be_sent_is_refused(text: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        targets(text)


def test_an_uncertain_part_of_a_target_is_refused() -> None:
    with pytest.raises(TemplateError, match="depending on the request"):
        targets("/a{% if b %}?{% endif %}{{ x }}")


def test_json_reads_pieces_in_any_cut() -> None:
    language = Json()
    text = '{"a\\u00e9": [1.5e3, true, null, {"b": ""}], "c": "\\\\"}'
    language.end(language.text(language.start, text))


@pytest.mark.parametrize("value", ["", "x"])
def test_an_inline_if_makes_no_empty_segment_of_an_empty_value(gateway: Gateway, value: str) -> None:
    request = Request(body=json.dumps({"a": value, "b": True}).encode())
    outcome = call(gateway, request, path="/users/{{ a if b else c }}/delete")
    assert (outcome.code, outcome.request.path) == ((None, "/users/x/delete") if value else ("bad_value", "/"))


def test_an_inline_if_makes_an_empty_segment_where_it_says_so(gateway: Gateway) -> None:
    request = Request(body=b'{"a": "x"}')
    assert call(gateway, request, path="/p/{{ a if b else '' }}").request.path == "/p/"
    assert call(gateway, request, path="/p/{{ a if b }}").request.path == "/p/"


@pytest.mark.parametrize("path", ["/a/..", "/a/.", "/a/{# x #}..", "/..?x=1", "/a/%2e%2E"])
def test_a_path_that_is_the_same_for_all_requests_ends_in_no_dots(path: str) -> None:
    with pytest.raises(TemplateError, match="resolved away"):
        compile_function(FunctionTemplate("u/f", path=path), ())
