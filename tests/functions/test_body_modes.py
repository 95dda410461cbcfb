"""Bodies made without a template."""

import json

import pytest
from tests.functions.exchange import Exchange
from tests.functions.gateway import Gateway, Request

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.body_modes import BodyMode, Whole
from gloo.functions.names import BodyFormat

PARAMETERS = (Parameter("header", "x-user", "{user.id}"), Parameter("query", "page"))
HEADERS = {"x-user": "7", "accept": "a"}


def made(mode: BodyMode, body: bytes = b"", *, path: str = "/", parse_body: BodyFormat = "json") -> bytes:
    template = FunctionTemplate("a/b", mode=mode, parse_body=parse_body)
    exchange = Exchange(template, PARAMETERS if mode.whole == "merge_parameters" else ())
    assert exchange.send("POST", path, HEADERS, body)["content-type"] == "application/json"
    return exchange.sent_body


MERGE = BodyMode("merge_parameters")


def test_parameters_are_merged_into_the_json_that_came() -> None:
    body = b'{"id": 12345678901234567890, "user": {"name": "Ann", "id": 1}}'
    expected = b'{"id":12345678901234567890,"user":{"name":"Ann","id":7},"page":2}'
    assert made(MERGE, body, path="/?page=2") == expected


def test_a_parameter_that_is_missing_changes_nothing() -> None:
    assert json.loads(made(MERGE, b'{"page": 1}')) == {"page": 1, "user": {"id": 7}}


def test_without_a_body_there_is_an_empty_object() -> None:
    assert json.loads(made(MERGE)) == {"user": {"id": 7}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-1.50", -1.5),
        ("true", True),
        ("null", None),
        ("01", "01"),
        ("x", "x"),
        ("%22", '"'),
        ("True", "True"),
    ],
)
def test_a_parameter_is_merged_as_what_its_text_is(text: str, value: object) -> None:
    assert json.loads(made(MERGE, path=f"/?page={text}"))["page"] == value


def test_a_form_is_merged_as_json() -> None:
    assert json.loads(made(MERGE, b"a=1&b=x+y", parse_body="form")) == {"a": "1", "b": "x y", "user": {"id": 7}}


@pytest.mark.parametrize("body", [b"[1]", b"7", b"nothing"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    for mode in (MERGE, BodyMode(keys=(("a", "1"),))):
        exchange = Exchange(FunctionTemplate("a/b", mode=mode), PARAMETERS)
        exchange.send("POST", body=body)
        assert exchange.refused == "bad_body"


def test_keys_are_set_and_the_others_keep_their_digits() -> None:
    keys = (("total", "{{ price * count }}"), ("tags", '["{{ tag }}"]'), ("price", "null"))
    body = made(BodyMode(keys=keys), b'{"price": 1.50, "count": 2, "tag": "a\\"b", "n": 1.0}')
    assert body == b'{"price":null,"count":2,"tag":"a\\"b","n":1.0,"total":3,"tags":["a\\"b"]}'


def test_a_key_that_comes_out_empty_stays_as_it_is() -> None:
    keys = (("a", "{% if b %}1{% endif %}"),)
    assert json.loads(made(BodyMode(keys=keys), b'{"a": 0, "b": false}')) == {"a": 0, "b": False}
    assert json.loads(made(BodyMode(keys=keys), b'{"a": 0, "b": true}')) == {"a": 1, "b": True}


@pytest.mark.parametrize("mode", [MERGE, BodyMode(keys=(("a", "1"),)), BodyMode("wrap")])
def test_the_content_type_is_that_of_the_function(mode: BodyMode) -> None:
    headers = (("Content-Type", "application/merge-patch+json"),)
    exchange = Exchange(FunctionTemplate("a/b", headers=headers, mode=mode), ())
    assert exchange.send("PATCH", "/", HEADERS, b"{}")["content-type"] == "application/merge-patch+json"


def test_a_key_is_one_json_value() -> None:
    with pytest.raises(TemplateError, match="this is not JSON") as error:
        compile_function(FunctionTemplate("a/b", mode=BodyMode(keys=(("a", "x{{ b }}"),))))
    assert error.value.field == "merge_json_keys.a"


def test_what_is_not_read_cannot_be_merged() -> None:
    with pytest.raises(TemplateError, match="must be read"):
        compile_function(FunctionTemplate("a/b", mode=MERGE, parse_body="none"))


@pytest.mark.parametrize("whole", ["wrap", "wrap_request"])
def test_what_can_not_be_wrapped_is_named(gateway: Gateway, whole: Whole) -> None:
    program = compile_function(FunctionTemplate("a/b", mode=BodyMode(whole)))
    for name, request in (
        ("body", Request(body=b"\xff")),
        ("headers", Request(headers={"x-a": "\xff"}, body=b"a")),
    ):
        outcome = gateway.send(program, request)
        assert json.loads(outcome.answer)["error"]["message"] == f"'{name}' is not valid UTF-8"


@pytest.mark.parametrize("whole", ["wrap", "wrap_request"])
def test_headers_and_body_are_wrapped(whole: Whole) -> None:
    body = json.loads(made(BodyMode(whole), b'a"b', path="/p"))
    assert body["headers"] == {":method": "POST", ":path": "/p", ":authority": "example.org", **HEADERS}
    assert body["body"] == 'a"b'
    assert "body" not in json.loads(made(BodyMode(whole)))


def test_the_request_line_is_wrapped_if_wanted() -> None:
    body = json.loads(made(BodyMode("wrap_request"), path="/p?a=1&b=x%20y&a=2&c"))
    assert (body["httpMethod"], body["path"], body["queryString"]) == ("POST", "/p", "a=1&b=x%20y&a=2&c")
    assert body["queryStringParameters"] == {"a": "2", "b": "x y", "c": ""}
    assert body["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert body["multiValueHeaders"] == {}
