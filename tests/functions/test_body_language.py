"""Bodies by their language: what is escaped how, what is refused, and what a template may turn out to be."""

import json
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from tests.functions.gateway import Gateway, Outcome, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, Program, compile_function

FORM = ("content-type", "application/x-www-form-urlencoded")
HOSTILE = """<a href="x">&amp;'\t\r\n]]> é</a>"""


def compiled(body: str, *headers: tuple[str, str]) -> Program:
    return compile_function(FunctionTemplate("a/b", None, headers, body))


def sent(gateway: Gateway, body: str, value: object, *headers: tuple[str, str]) -> Outcome:
    return call(gateway, Request(body=json.dumps({"x": value}).encode()), headers=headers, body=body)


JSON_TYPES = (
    "application/json; charset=utf-8",
    "text/json",
    "Application/Vnd.Pets.v2+JSON",
    "application/x-amz-json-1.1",
)


@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_a_value_in_json_of_any_type_stays_a_string(gateway: Gateway, content_type: str) -> None:
    body = sent(gateway, '{"a": "{{ x }}"}', HOSTILE, ("content-type", content_type)).request.body
    assert body is not None
    assert json.loads(body) == {"a": HOSTILE}


@pytest.mark.parametrize(
    ("content_type", "body", "sent_as"),
    [
        (
            "application/x-www-form-urlencoded; charset={{ default(c, 'utf-8') }}",
            "x={{ x }}&admin=0",
            "x=%26%3Cb%3E&admin=0",
        ),
        ("text/html;charset={{ default(c, 'utf-8') }}", "Hello {{ x }}", "Hello &amp;&lt;b&gt;"),
        ("application/json; v={{ default(c, '1') }}", "{{ x }}", '"&<b>"'),
    ],
)
def test_what_a_content_type_has_behind_its_semicolon_may_differ_by_request(
    gateway: Gateway, content_type: str, body: str, sent_as: str
) -> None:
    assert compiled(body, ("content-type", content_type)).warnings == ()
    assert sent(gateway, body, "&<b>", ("content-type", content_type)).request.body == sent_as.encode()


def test_values_in_a_text_of_a_media_type_that_differs_by_request_are_warned_of() -> None:
    (warning,) = compiled("Hello {{ x }}", ("content-type", "{{ kind }}; charset=utf-8")).warnings
    assert (warning.column, "values are not escaped" in warning.problem) == (10, True)
    assert compiled("Hello {{ url_encode(x) }}", ("content-type", "{{ kind }}")).warnings == ()


LINES = ("content-type", "application/x-ndjson")


def test_a_value_in_lines_of_json_stays_in_its_line(gateway: Gateway) -> None:
    body = '{"index": "{{ x }}"}\n\n{% for y in [1, x] %}{"v": {{ y }}}\n{% endfor %}'
    made = sent(gateway, body, HOSTILE, LINES).request.body
    assert made is not None
    assert [json.loads(line) for line in made.split(b"\n") if line] == [{"index": HOSTILE}, {"v": 1}, {"v": HOSTILE}]
    assert compiled(body, LINES).warnings == ()
    assert sent(gateway, "{{ x }}\n", {"a\n": [1, "b\n"]}, LINES).request.body == b'{"a\\n":[1,"b\\n"]}\n'


def test_json_over_several_lines_is_not_lines_of_json() -> None:
    with pytest.raises(TemplateError, match=r"line 1, column 2: .*the line ends where a key in quotes"):
        compiled('{\n"a": 1}', LINES)


def test_a_body_that_came_out_as_no_lines_of_json_is_not_sent(gateway: Gateway) -> None:
    body = '1\n{"a": {% if x %}1{% endif %}}\n'
    assert len(compiled(body, LINES).warnings) == 1
    assert sent(gateway, body, 1, LINES).request.body == b'1\n{"a": 1}\n'
    assert sent(gateway, body, 0, LINES).code == "bad_output"


@pytest.mark.parametrize(
    ("body", "content_type", "column"),
    [
        ('{"a": "{{ x }}"}', "text/plain", 11),
        ("{ pet(id: {{ x }}) { name } }", "application/graphql", 14),
        ("[{{ json(x) }}, {{ x }}]", "text/plain", 20),
        ("{% if y %}hello{% else %} <p>{{ x }}</p>{% endif %}", "text/plain", 33),
    ],
)
def test_a_text_that_looks_like_a_language_and_is_not_escaped_for_it_is_warned_of(
    body: str, content_type: str, column: int
) -> None:
    (warning,) = compiled(body, ("content-type", content_type)).warnings
    assert (warning.field, warning.column) == ("body", column)
    assert content_type in warning.problem
    assert "set content-type: application/" in warning.hint


@pytest.mark.parametrize(
    ("body", "column"),
    [("id={{ id }}&n={{ n }}", 7), ("a=1&n={{ n }}", 10), ("{% if x %}id={{ id }}&n=1{% endif %}", 17)],
)
def test_a_form_that_does_not_say_so_is_a_warning(body: str, column: int) -> None:
    (warning,) = compiled(body).warnings
    assert (warning.field, warning.column, "looks like a form" in warning.problem) == ("body", column, True)
    assert compiled(body, FORM).warnings == ()
    assert compiled(body, ("content-type", "text/plain")).warnings == ()


@pytest.mark.parametrize(
    "body", ["a={{ x }}", "a=1&b=2", "x {{ a }} a=1&b={{ c }}", "a={{ url_encode(x) }}&b=2", "{{ x }}"]
)
def test_other_texts_are_no_forms(body: str) -> None:
    assert compiled(body).warnings == ()


@pytest.mark.parametrize(
    "value",
    [
        '"x"',
        "x + 1",
        "not x",
        'url_encode(x) if x else ""',
        'default(url_encode(x), "-")',
        'url_encode(x) ~ "-" ~ sha256(y)',
        "base64url_encode(x)",
    ],
)
def test_a_form_whose_values_are_safe_gives_no_warning(value: str) -> None:
    assert compiled(f"a={{{{ {value} }}}}&b=2").warnings == ()


@pytest.mark.parametrize("value", ["x if y else 0", 'default(x, "")', 'url_encode(x) ~ "&" ~ y', "base64_encode(x)"])
def test_a_form_of_which_a_value_is_partly_at_risk_is_a_warning(value: str) -> None:
    (warning,) = compiled(f"a={{{{ {value} }}}}&b=2").warnings
    assert "looks like a form" in warning.problem


@pytest.mark.parametrize("body", ['{"a": {{ json(x) }}}', '{"a": 1}', "a: {{ x }}", "{{ x }}"])
def test_a_plain_text_in_which_no_value_can_do_harm_gives_no_warning(body: str) -> None:
    assert compiled(body, ("content-type", "text/plain")).warnings == ()


@pytest.mark.parametrize(
    "body", ['"{{ x }}" and {{ n }}', "{% if y %}hello{% else %}[{% endif %} {{ x }}", "[{{ x }}] a"]
)
def test_a_body_that_starts_like_json_and_is_none_is_refused_with_what_to_do(body: str) -> None:
    with pytest.raises(TemplateError, match="set the header content-type"):
        compiled(body)
    assert compiled(body, ("content-type", "text/plain")).source


@pytest.mark.parametrize(
    "body", ["{% if y %}a{% else %}b{% endif %}<{{ x }}", "{% for y in x %}{{ y }},{% endfor %}a < b"]
)
def test_a_text_is_not_taken_for_xml_by_what_never_comes_first(body: str) -> None:
    assert compiled(body).warnings == ()


def test_a_content_type_that_differs_by_request_makes_no_plain_text_of_json() -> None:
    with pytest.raises(TemplateError, match="content-type be the same for all requests"):
        compiled('"{{ x }}" and {{ n }}', ("content-type", "{{ t }}"))


def test_a_content_type_of_statement_lines_differs_by_request(gateway: Gateway) -> None:
    by_request = ("content-type", "## if x\napplication/json\n##- else\ntext/plain\n##- endif")
    assert sent(gateway, '"{{ x }}"', '"', by_request).request.body == b'"\\""'
    (warning,) = compiled("Hello {{ x }}", by_request).warnings
    assert "made for each request" in warning.problem


@pytest.mark.parametrize("value", ["a b&c=d", "é%+", "", 7, "x\r\ny"])
def test_a_value_in_a_form_stays_one_value(gateway: Gateway, value: object) -> None:
    body = sent(gateway, "a={{ x }}&b=1", value, FORM).request.body
    assert body is not None
    assert parse_qsl(body.decode(), keep_blank_values=True) == [("a", str(value)), ("b", "1")]


def test_text_that_no_form_can_hold_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"column 4: .*' ' can't stand in a form; write it as \+"):
        compiled("a=b c", FORM)


@pytest.mark.parametrize("body", ["<p q='{{ x }}'>{{ x }}</p>", '<?xml version="1.0"?>\n<p q="{{ x }}">{{ x }}</p>'])
def test_a_value_in_xml_stays_text(gateway: Gateway, body: str) -> None:
    request = sent(gateway, body, HOSTILE).request
    assert request.body is not None
    element = ElementTree.fromstring(request.body)
    assert (element.text, element.get("q"), len(element)) == (HOSTILE, HOSTILE, 0)
    assert request.headers["content-type"] == "application/xml"


def test_the_content_type_says_what_a_body_is(gateway: Gateway) -> None:
    soap = ("content-type", "application/soap+xml; charset=utf-8")
    assert sent(gateway, "x: {{ x }}", "<", soap).request.body == b"x: &lt;"
    assert sent(gateway, "<{{ x }}>", "<", ("content-type", "text/plain")).request.body == b"<<>"


def test_a_character_that_xml_has_not_is_refused(gateway: Gateway) -> None:
    assert sent(gateway, "<p>{{ x }}</p>", "\x00").code == "bad_value"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<{{ x }}/>", "can't stand in a tag"),
        ("<!-- {{ x }} --><a/>", "can't stand in a comment"),
        ("<a><![CDATA[{{ x }}]]></a>", "can't stand in a CDATA section"),
        ("<a b='c", "the text ends inside an attribute"),
        ("<a <b>", "'<' can't stand in a tag"),
    ],
)
def test_xml_in_which_a_value_has_no_safe_place_is_refused(body: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compiled(body)


def form_sent(gateway: Gateway, body: bytes, template: str, parameters: tuple[Parameter, ...] = ()) -> Outcome:
    function = FunctionTemplate("a/b", body=template, parse_body="form")
    return gateway.send(compile_function(function, parameters), Request(body=body))


def test_the_fields_of_a_form_are_names(gateway: Gateway) -> None:
    template = '{"n": "{{ name }}", "a": {{ age }}, "all": {{ context() }}}'
    outcome = form_sent(gateway, b"name=R%22e+x&age=7&name=2&&e", template)
    assert outcome.request.body == b'{"n": "R\\"e x", "a": 7, "all": {"name":"R\\"e x","age":"7","e":""}}'


def test_a_form_has_text_which_is_a_number_only_where_it_is_exactly_one(gateway: Gateway) -> None:
    assert form_sent(gateway, b"x=1,2", "[{{ x }}]").request.body == b'["1,2"]'
    assert form_sent(gateway, b"x=\xff", "[{{ x }}]").code == "bad_value"
    assert form_sent(gateway, b"", "[{{ x }}]").code == "missing_parameter"


def test_parameters_come_before_a_forms_fields(gateway: Gateway) -> None:
    outcome = form_sent(gateway, b"x=1&y=2", "[{{ x }}, {{ y }}]", (Parameter("header", "x"), Parameter("body", "x")))
    assert outcome.request.body == b"[1, 2]"


NESTED = (
    "[{% for x in xs %}{% if loop.first %}{% else %},{% endif %}"
    "[{% for y in x %}{{ y }}{% if not loop.last %},{% endif %}{% endfor %}]{% endfor %}]"
)
SAFE = [
    NESTED,
    "[{% for x in xs %}{{ x }}{% if not loop.is_last %}, {% endif %}{% endfor %}]",
    "[{% for x in xs %}{% if not loop.is_first %}, {% endif %}{{ x }}{% endfor %}]",
    '{"a": {% if x %}1{% else %}2{% endif %}}',
]
DOUBTFUL = [
    ("[{% for x in xs %}{{ x }},{% endfor %}0]", None),
    ("[{% for x in xs %}{{ x }},{% endfor %}]", 39),
    ('{"a": {% if x %}1{% endif %}}', 29),
    ("[{% for x in xs %}{{ x }}{% if loop.index > 0 %},{% endif %}{% endfor %}]", 22),
    ("[{% for loop in xs %}{% if not loop.first %},{% endif %}1{% endfor %}]", 45),
    ("[{% for loop, x in xs %}{% if not loop.first %},{% endif %}1{% endfor %}]", 48),
]


@pytest.mark.parametrize("body", SAFE)
def test_a_template_that_is_json_for_every_request_gives_no_warning(body: str) -> None:
    assert compiled(body).warnings == ()


@pytest.mark.parametrize(("body", "column"), DOUBTFUL)
def test_a_template_that_may_come_out_as_no_json_is_warned_of(body: str, column: int | None) -> None:
    assert [warning.column for warning in compiled(body).warnings] == ([] if column is None else [column])


def test_a_body_that_came_out_as_no_json_is_not_sent(gateway: Gateway) -> None:
    body = '{"a": {% if x %}1{% endif %}}'
    assert sent(gateway, body, 1).request.body == b'{"a": 1}'
    refused = sent(gateway, body, 0)
    assert (refused.status, refused.code) == (500, "bad_output")


def test_values_that_are_not_escaped_are_listed() -> None:
    template = FunctionTemplate("a/b", "/{{ x | raw }}", (("a", "{{ 'b' | raw }}"),), "{{ x if y else raw(y) }}{{ x }}")
    fields = [(warning.field, warning.column) for warning in compile_function(template).warnings]
    assert fields == [("path", 5), ("body", 4)]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html", "{% if y %}<script>{% endif %}{{ x }}{% if y %}</script>{% endif %}"),
        ("text/html", "<p {% if y %}title='{% endif %}{{ x }}{% if y %}'{% endif %}>"),
        ("application/xml", "<p {% if y %}title='{% endif %}{{ x }}{% if y %}'{% endif %}/>"),
        ("application/xml", "<p{% if y %}>{% endif %}{{ x }}{% if y %}</p>{% else %}/>{% endif %}"),
        ("text/html", "<p {% if y %}title='{% endif %}<{{ x }}{% if y %}'{% endif %}>"),
    ],
)
def test_a_value_that_has_no_place_for_some_requests_is_refused(media_type: str, body: str) -> None:
    with pytest.raises(TemplateError, match=r"for some requests this is not (XML|HTML): ") as error:
        compiled(body, ("content-type", media_type))
    assert error.value.column == body.index("x }}") + 1


@pytest.mark.parametrize("comma", ['"," if not loop.is_last', '"" if loop.last else ","', '", " | raw'])
@pytest.mark.parametrize("content_type", [None, "application/json"])
def test_a_comma_as_a_value_is_told_how_to_be_written(comma: str, content_type: str | None) -> None:
    headers = [("content-type", content_type)] if content_type else []
    with pytest.raises(TemplateError, match="before an expression can stand here") as caught:
        compiled(f"[{{% for x in xs %}}{{{{ x }}}}{{{{ {comma} }}}}{{% endfor %}}]", *headers)
    assert caught.value.hint == "between elements write {% if not loop.is_last %},{% endif %}"
