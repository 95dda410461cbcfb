"""Calls with values given by hand."""

import json

import pytest
from tests.explain.shop import shop
from tests.support.translating import PLUGINS, config_of

from gloo.errors import ConfigError, MissingReference
from gloo.explain.bodies import body_with, text_of
from gloo.explain.calling import Given, argument, find_function, nested, rendered
from gloo.explain.lua_run import Answer
from gloo.explain.request import Headers, Request
from gloo.explain.tables import Tables, tables_of
from gloo.model.base import Json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=x", "x"),
        ("a=", ""),
        ('a="1"', "1"),
        ('a=["x"]', ["x"]),
        ("a=b=c", "b=c"),
        ("a=null", None),
        ("a=NaN", "NaN"),
    ],
)
def test_a_value_is_json_or_else_text(text: str, value: object) -> None:
    assert argument(text) == ("a", value)


def test_what_is_nested_too_deep_to_be_read_is_text() -> None:
    deep = "[" * 100_000
    assert argument(f"a={deep}") == ("a", deep)
    assert [Given(body=body).media_type for body in (b"[1]", deep.encode())] == ["application/json", ""]


@pytest.mark.parametrize(
    "digits", ["1.10", "2.0", "1e3", "1E+2", "1e400", "0.1000000000000000055", "12345678901234567890"]
)
def test_a_number_keeps_its_digits(digits: str) -> None:
    name, value = argument(f"a={digits}")
    assert text_of(value) == digits
    assert body_with({name: [value, {"b": value}]}, "json")[1].decode() == f'{{"a": [{digits}, {{"b": {digits}}}]}}'
    assert body_with({name: value}, "form")[1].decode() == f"a={digits.replace('+', '%2B')}"


def test_an_argument_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="gives no value"):
        argument("a")


def test_dots_nest() -> None:
    assert nested([("a.b", 1), ("a.c", 2), ("d", 3)]) == {"a": {"b": 1, "c": 2}, "d": 3}
    with pytest.raises(ConfigError, match="no object"):
        nested([("a", 1), ("a.b", 2)])


def _sent(
    name: str,
    *arguments: tuple[str, Json],
    headers: Headers = (),
    body: bytes | None = None,
    tables: Tables | None = None,
) -> Request:
    """Return the request of a call on the host ``h``."""
    tables = tables or shop()
    result = rendered(find_function(name, tables), Given(arguments, headers, body), "h", tables)
    assert not isinstance(result, Answer), result
    return result.request


def test_a_call_is_rendered_by_the_functions_own_program() -> None:
    assert _sent("pets/get", ("id", "a b")) == Request("GET", "h", "/pets/a%20b")
    add = _sent("pets/add", ("name", 'x"'), headers=(("x-a", "1"),))
    assert (add.method, add.path, add.headers) == (
        "POST",
        "/pets",
        (("x-a", "1"), ("content-type", "application/json")),
    )
    assert json.loads(add.body or b"") == {"name": 'x"', "tags": []}


def test_a_missing_value_is_named() -> None:
    result = rendered(find_function("pets/add", shop()), Given(), "h", shop())
    assert isinstance(result, Answer)
    assert b"'name' is missing" in result.body


@pytest.mark.parametrize("name", ["pets/gett", "pets/broken", "pets", "nope/get"])
def test_a_function_that_is_not_there_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(MissingReference, match="no function"):
        find_function(name, shop())


def _functions(*specs: str, parameters: str = "{}") -> Tables:
    """Return tables with the functions ``up/0`` and so on, the first of which a route calls with *parameters*."""
    listed = "".join(f"\n  - {{name: '{index}', spec: {spec}}}" for index, spec in enumerate(specs))
    text = f"""
upstreams:
- name: up
  type: service
  spec: {{hosts: [{{addr: a.test, port: 80}}]}}
  service_info: {{type: REST}}
  functions:{listed}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_prefix: /f/}}
    single_destination: {{function: {{upstream_name: up, function_name: '0'}}}}
    extensions: {{parameters: {parameters}}}
"""
    return tables_of(config_of(text), PLUGINS)


def test_a_function_that_makes_no_body_is_called_without_one() -> None:
    assert _sent("up/0", ("id", 7), tables=_functions('{path: "/p/{{ id }}"}')) == Request("GET", "h", "/p/7")


@pytest.mark.parametrize(
    ("spec", "method"),
    [
        ('{path: /p, body: "{}"}', "POST"),
        ("{path: /p, merge_extractors_to_body: true}", "POST"),
        ('{path: /p, body: "{}", headers: {":method": PATCH}}', "PATCH"),
        ("{path: /p}", "GET"),
    ],
)
def test_the_method_is_that_of_the_function_or_follows_from_its_body(spec: str, method: str) -> None:
    assert _sent("up/0", tables=_functions(spec)).method == method


def test_a_body_that_a_function_passes_on_is_given_as_it_is() -> None:
    tables = _functions('{path: "/p/{{ id }}", headers: {":method": PUT}}')
    json_type = (("content-type", "application/json"),)
    assert _sent("up/0", ("id", 7), body=b"[1]", tables=tables) == Request("PUT", "h", "/p/7", json_type, b"[1]")
    plain = (("content-type", "text/plain"),)
    assert _sent("up/0", ("id", 7), body=b"[1]", headers=plain, tables=tables).headers == plain
    assert _sent("up/0", ("id", 7), body=b"x", tables=tables).headers == ()


def test_a_function_that_reads_the_whole_body_takes_any_field_and_one_body() -> None:
    tables = _functions("{path: /p, merge_extractors_to_body: true}")
    assert json.loads(_sent("up/0", ("a", 1), ("b.c", "x"), tables=tables).body or b"") == {"a": 1, "b": {"c": "x"}}
    with pytest.raises(ConfigError, match="which --body gives"):
        _sent("up/0", ("a", 1), body=b"{}", tables=tables)


def test_what_extractors_and_parameters_would_find_is_given_to_the_program_as_it_is() -> None:
    extractors = "{v: {header: accept, regex: 'v([0-9]+)', subgroup: 1}, s: {path: true, regex: '/[a-z]+'}}"
    spec = """{extractors: EXTRACTORS, path: "/{{ v }}/{{ s }}/{{ id }}", headers: {x: '{{ method }}'}}"""
    spec = spec.replace("EXTRACTORS", extractors)
    tables = _functions(spec, parameters='{path: "/f/{id}"}')
    assert _sent("up/0", ("v", 3), ("s", "Q 1"), ("id", "7"), tables=tables).path == "/3/Q%201/7"
    seen = _sent("up/0", ("s", "q"), ("id", "7"), headers=(("accept", "v8"),), tables=tables)
    assert (seen.path, seen.headers) == ("/8/q/7", (("accept", "v8"), ("x", "GET")))


def test_the_answer_goes_through_the_functions_response_templates() -> None:
    template = """{headers: {x-z: '{{ host_metadata("z") }}'}, body: '{"n": "{{ name }}"}'}"""
    tables = _functions(f"{{path: /p, response: {template}}}")
    prepared = rendered(find_function("up/0", tables), Given(), "h", tables)
    assert not isinstance(prepared, Answer)
    reply = prepared.reply(Answer(200, (("content-length", "9"),), b'{"name": "x"}'), {"z": "1"})
    answer = Answer(200, (("x-z", "1"), ("content-type", "application/json")), b'{"n": "x"}')
    assert (reply.rule, reply.answer) == ("response", answer)
    assert prepared.reply(Answer(404, (("content-length", "0"),)), {}).answer == Answer(404, (("content-length", "0"),))


def test_a_route_that_can_not_be_read_is_no_reason_against_a_call() -> None:
    tables = _functions('{path: "/p/{{ id }}"}', parameters='{path: "/f/{id"}')
    assert _sent("up/0", ("id", 7), tables=tables).path == "/p/7"
