import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import Parameter
from gloo.functions.parameters import Extent, Origin, Pattern, Variable, bindings, named, parse_pattern


def test_a_pattern_is_literals_and_variables_by_turns() -> None:
    pattern = parse_pattern(Parameter("path", pattern="/u/{ id }/o/{order.no}.json?{rest}"))
    assert pattern == Pattern(
        "/u/",
        (
            Variable("id", Extent.SEGMENT, "/o/"),
            Variable("order.no", Extent.SEGMENT, ".json?"),
            Variable("rest", Extent.WHOLE, ""),
        ),
    )


@pytest.mark.parametrize("pattern", ["", "/users", "*"])
def test_a_pattern_without_braces_is_the_whole_value(pattern: str) -> None:
    assert parse_pattern(Parameter("header", "x-a", pattern)) is None


@pytest.mark.parametrize(
    ("pattern", "column"),
    [("/{", 2), ("/}", 2), ("/{}", 2), ("/{a b}", 2), ("/{a}}", 5), ("/{{a}}", 2), ("/{a/b}", 2),
      ("/{a}{b}", 5), ("{a}-{a}", 5)],
)  # fmt: skip
def test_a_bad_pattern_is_refused_where_it_is_bad(pattern: str, column: int) -> None:
    with pytest.raises(TemplateError) as error:
        parse_pattern(Parameter("path", pattern=pattern))
    assert (error.value.field, error.value.column) == ("parameters.path", column)


@pytest.mark.parametrize("name", [".a", "a.", "a..b"])
def test_an_empty_part_of_a_name_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="is not a name"):
        bindings([Parameter("header", "x-a", f"{{{name}}}")])


def test_a_variable_alone_names_its_source() -> None:
    assert named(Parameter("query", "", "{id}")) == Parameter("query", "id")
    assert named(Parameter("path", "", "{id}")) == Parameter("path", "", "{id}")


@pytest.mark.parametrize("source", ["query", "header", "cookie", "body"])
def test_a_source_with_many_values_needs_a_name(source: Origin) -> None:
    with pytest.raises(TemplateError, match="needs a name"):
        bindings([Parameter(source)])


def test_a_name_can_not_be_a_text_and_an_object() -> None:
    with pytest.raises(TemplateError, match="can't be a field"):
        bindings([Parameter("query", "user"), Parameter("query", "x", "{user.name}")])


@pytest.mark.parametrize(
    ("parameter", "request_", "value"),
    [
        (Parameter("path", pattern="/u/{v}"), Request("/u/7"), "7"),
        (Parameter("path", pattern="/u/{v}"), Request("/u/7?x=/1"), "7"),
        (Parameter("path", pattern="/u/{v}"), Request("/u/a@b%3A%C3%A9%2F"), "a@b:é/"),
        (Parameter("path", pattern="/u/{v}"), Request("/u/a+b%zz%"), "a+b%zz%"),
        (Parameter("path", pattern="/u/{v}"), Request("/u/"), None),
        (Parameter("path", pattern="/u/{v}"), Request("/u/7/8"), None),
        (Parameter("path", pattern="/u/{v}"), Request("/U/7"), None),
        (Parameter("path", pattern="/{a}-{v}.json"), Request("/1-2-3.json"), "2-3"),
        (Parameter("path", pattern="/{v}/b/{c}"), Request("/x/b/b/b"), None),
        (Parameter("path", pattern="/f?a={a}&b={v}"), Request("/f?a=1&b=x%26+y"), "x& y"),
        (Parameter("path", pattern="/f?a={v}"), Request("/f?a=1&b=2&a=3"), "1"),
        (Parameter("path", pattern="/f?a={v}"), Request("/f?a=&b=2"), None),
        (Parameter("path", pattern="/f?a={v}"), Request("/f?b=2&a=1"), None),
        (Parameter("path", pattern="/f?a={a}&b={v}"), Request("/f?a=1&b=2&c=3"), "2"),
        (Parameter("path", pattern="/f?a={a}&b={v}"), Request("/f?a=1&c=3&b=2"), None),
        (Parameter("path", pattern="/f?a={v}px"), Request("/f?a=1px&b=2px"), "1"),
        (Parameter("path", pattern="/f?a={v}px"), Request("/f?a=1pxx"), None),
        (Parameter("path", pattern="/f?a={v}&b=2"), Request("/f?a=1&b=2&c"), "1"),
        (Parameter("path", pattern="/f?a={v}&b=2"), Request("/f?a=1&b=20"), None),
        (Parameter("path", pattern="/{v}?a=1"), Request("/x?a=1&b"), "x"),
        (Parameter("path", pattern="/{v}?a=1"), Request("/x?a=11"), None),
        (Parameter("path", pattern="/{v}?q={q}"), Request("/x?z=1&?q=2"), None),
        (Parameter("header", "k", "a?b={v}"), Request(headers={"k": "a?b=1&c"}), "1&c"),
        (Parameter("path", pattern="/f?{v}"), Request("/f?a=%31&b=2"), "a=%31&b=2"),
        (Parameter("query", "v"), Request("/?w=1&%76=a+b%20c&v=2"), "a b c"),
        (Parameter("query", "v"), Request("/?v"), ""),
        (Parameter("query", "v"), Request("/?vv=1&=2"), None),
        (Parameter("query", "v"), Request("/"), None),
        (Parameter("query", "k", "a-{v}"), Request("/?k=a-%2F"), "/"),
        (Parameter("header", "X-K", "Bearer {v}"), Request(headers={"x-k": "Bearer a b"}), "a b"),
        (Parameter("header", "X-K", "Bearer {v}"), Request(headers={"x-k": "Basic x"}), None),
        (Parameter("header", "v"), Request(headers={"v": ""}), ""),
        (Parameter("cookie", "v"), Request(headers={"cookie": "a=1; v=x=y;v=2"}), "x=y"),
        (Parameter("cookie", "v"), Request(headers={"cookie": "av=1;; bv=2"}), None),
        (Parameter("cookie", "v"), Request(), None),
        (Parameter("authority", pattern="{v}.A.Org"), Request(headers={":authority": "X.a.oRg"}), "x"),
        (Parameter("authority", pattern="{v}.a.org"), Request(headers={":authority": "X.Y.A.org:8080"}), "x.y"),
        (Parameter("authority", pattern="example.org:{v}"), Request(headers={":authority": "example.org:80"}), "80"),
        (Parameter("body", "v"), Request(body=b'{"v": "x"}'), "x"),
        (Parameter("body", "a.b", "n-{v}"), Request(body=b'{"a": {"b": "n-1"}}'), "1"),
        (Parameter("body", "a.b", "n-{v}"), Request(body=b'{"a": 1}'), None),
    ],
)  # fmt: skip
def test_a_parameter_takes_its_value(
    gateway: Gateway, parameter: Parameter, request_: Request, value: str | None
) -> None:
    outcome = call(gateway, request_, body="{{ v }}", parameters=[parameter])
    if value is None:
        assert (outcome.status, outcome.code) == (400, "missing_parameter")
    else:
        assert (outcome.status, outcome.request.body) == (None, value.encode())


def test_a_parameter_wins_over_a_field_even_when_it_is_missing(gateway: Gateway) -> None:
    parameters = [Parameter("query", "id")]
    request = Request("/?id=1", body=b'{"id": 2}')
    assert call(gateway, request, path="/{{ id }}", parameters=parameters).request.path == "/1"
    missing = call(gateway, Request("/", body=b'{"id": 2}'), path="/{{ id }}", parameters=parameters)
    assert missing.code == "missing_parameter"


def test_the_first_source_that_has_a_value_wins(gateway: Gateway) -> None:
    parameters = [Parameter("query", "id"), Parameter("header", "x-id", "{id}"), Parameter("body", "id")]
    request = Request("/", headers={"x-id": "h"}, body=b'{"id": "b"}')
    assert call(gateway, request, path="/{{ id }}", parameters=parameters).request.path == "/h"


@pytest.mark.parametrize(
    ("path", "body", "made"),
    [
        ("/p/7", b'{"id": "x"}', b'{"id": 7}'),
        ("/p/x", b'{"id": 7}', b'{"id": "x"}'),
        ("/", b'{"id": 7}', b'{"id": 7}'),
        ("/", b'{"id": "7"}', b'{"id": "7"}'),
        ("/", b'{"id": [7]}', b'{"id": [7]}'),
    ],
)
def test_a_value_is_text_or_json_by_the_source_that_has_it(
    gateway: Gateway, path: str, body: bytes, made: bytes
) -> None:
    sources = [Parameter("path", pattern="/p/{id}"), Parameter("body", "id")]
    assert call(gateway, Request(path, body=body), body='{"id": {{ id }}}', parameters=sources).request.body == made


def test_a_plain_parameter_with_dots_in_its_name_is_found_by_it(gateway: Gateway) -> None:
    parameters = [Parameter("query", "user.id"), Parameter("cookie", "connect.sid"), Parameter("query", "a..b")]
    request = Request("/?user.id=7&a..b=3", headers={"cookie": "connect.sid=s"}, body=b'{"user": {"id": 5, "x": 1}}')
    path = '/{{ user.id }}/{{ connect.sid }}/{{ extraction("user.id") }}{{ extraction("a..b") }}'
    assert call(gateway, request, path=path, parameters=parameters).request.path == "/7/s/73"
    outcome = call(gateway, request, body="{{ user }}", parameters=parameters)
    assert outcome.request.body == b'{"id":"7","x":1}'


def test_dots_nest_among_the_fields_of_the_body(gateway: Gateway) -> None:
    parameters = [Parameter("query", "n", "{user.name}"), Parameter("query", "c", "{user.at.city}")]
    request = Request("/?n=Ann&c=Rome", body=b'{"user": {"name": "Eve", "age": 3, "at": {"zip": 1}}}')
    outcome = call(gateway, request, body='{"u": {{ user }}, "z": {{ user.at.zip }}}', parameters=parameters)
    assert outcome.request.body == b'{"u": {"name":"Ann","age":3,"at":{"zip":1,"city":"Rome"}}, "z": 1}'


def test_free_variables_exist_beside_parameters(gateway: Gateway) -> None:
    request = Request("/a%20b?x=1", method="PUT", body=b'{"path": "p"}')
    template = '{"p": "{{ path }}"}'
    assert call(gateway, request, body=template).request.body == b'{"p": "p"}'
    outcome = call(gateway, request, body='{"p": "{{ path }}{{ method }}"}', parameters=[Parameter("query", "x")])
    assert outcome.request.body == b'{"p": "/a%20bPUT"}'


@pytest.mark.parametrize("path", ["/" + "a-" * 20_000, "/?" + "&" * 40_000, "/?" + "a&" * 20_000, "/?" + "%" * 40_000])
def test_a_hostile_path_costs_one_pass(gateway: Gateway, path: str) -> None:
    parameters = [Parameter("path", pattern="/{a}-{b}-{c}-{d}x?{q}"), Parameter("query", "id")]
    outcome = call(gateway, Request(path), path="/{{ default(d, 1) }}{{ default(id, 2) }}", parameters=parameters)
    assert outcome.request.path == "/12"
