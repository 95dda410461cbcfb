"""Functions in a real Envoy: one process for all tests, a route for each function."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.functions.envoy_gateway import EnvoyGateway, envoy_gateway

from gloo.functions import FunctionTemplate, Parameter, compile_function

_ID_EVERYWHERE = tuple(
    Parameter(source, key, "{id}")  # type: ignore[arg-type]  # from a literal table
    for source, key in (("query", "id"), ("header", "x-id"), ("cookie", "id"), ("body", "id"))
)
GET, BODY, FIELDS, EMPTY, PASS, FIXED, CHOICE = range(7)
PROGRAMS = [
    compile_function(
        FunctionTemplate("pets/get", "/pets/{{ id }}", ((":method", "GET"), ("x-pet", "{{ id }}"))),
        (Parameter("path", pattern="/pet/{id}"), *_ID_EVERYWHERE),
    ),
    compile_function(
        FunctionTemplate("pets/add", "/pets", (), '{"id": {{ id }}, "name": "{{ name }}"}'),
        (Parameter("query", "name"),),
    ),
    compile_function(FunctionTemplate("pets/find", "/pets/{{ id }}", (("x-tags", "{{ tags }}"),))),
    compile_function(FunctionTemplate("pets/touch", "/touch", ((":method", "PUT"),), "")),
    compile_function(FunctionTemplate("pets/pass", None, (("x-who", '{{ header("x-user") }}'),))),
    compile_function(FunctionTemplate("pets/all", None, ((":method", "POST"),), '{"all": true}')),
    compile_function(
        FunctionTemplate(
            "pets/choice",
            "/{% if xs %}some{% else %}none{% endif %}",
            (("x-id", "{{ uuid() }}"),),
            "{{ xs | join('-') }}",
        )
    ),
]


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnvoyGateway]:
    folder: Path = tmp_path_factory.mktemp("envoy")
    with envoy_gateway(PROGRAMS, folder) as gateway:
        yield gateway


def test_the_same_id_from_every_source_gives_the_same_request(envoy: EnvoyGateway) -> None:
    seen = [
        envoy.send(GET, "/pet/7", method="GET"),
        envoy.send(GET, "/x?id=7", method="GET"),
        envoy.send(GET, "/x", method="GET", headers={"x-id": "7"}),
        envoy.send(GET, "/x", method="GET", headers={"cookie": "a=b; id=7"}),
        envoy.send(GET, "/x", method="GET", headers={"cookie": "a=b", "Cookie": "id=7"}),  # two lines
        envoy.send(GET, "/x", method="GET", headers={"cookie": "id=7", "Cookie": "a=b"}),
        envoy.send(GET, "/x", body=b'{"id": 7}'),
    ]
    assert {(echo.content["path"], echo.content["method"]) for echo in seen} == {("/pets/7", "GET")}


@pytest.mark.parametrize("value", ['1","admin":"x', "../../admin", "a\nb: c", "é/?#%", "a b+c"])
def test_a_hostile_value_reaches_the_upstream_as_data(envoy: EnvoyGateway, value: str) -> None:
    body = json.dumps({"id": value}).encode()
    path = str(envoy.send(GET, "/x", body=body).content["path"])
    assert path.startswith("/pets/")
    assert path.count("/") == 2
    assert "?" not in path
    added = envoy.send(BODY, "/add?name=x", body=body)
    assert json.loads(added.body) == {"id": value, "name": "x"}


def test_a_line_break_makes_no_header(envoy: EnvoyGateway) -> None:
    echo = envoy.send(FIELDS, "/", body=json.dumps({"id": 1, "tags": "a\r\nx-admin: yes\0"}).encode())
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert headers["x-tags"] == "a  x-admin: yes"
    assert "x-admin" not in headers


def test_a_new_body_has_its_length_and_type(envoy: EnvoyGateway) -> None:
    echo = envoy.send(BODY, "/?name=Rex", body=b'{"id": 12345678901234567890}', headers={"content-type": "text/plain"})
    assert echo.body == b'{"id": 12345678901234567890, "name": "Rex"}'
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert (headers["content-length"], headers["content-type"]) == (str(len(echo.body)), "application/json")


def test_a_request_without_a_body_gets_one(envoy: EnvoyGateway) -> None:
    echo = envoy.send(FIXED, "/", method="GET")
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert (echo.content["method"], echo.body, headers["content-length"]) == ("POST", b'{"all": true}', "13")


def test_an_empty_body_template_removes_the_body(envoy: EnvoyGateway) -> None:
    echo = envoy.send(EMPTY, "/", body=b"something", headers={"content-type": "text/plain"})
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert (echo.content["method"], echo.content["path"], echo.body) == ("PUT", "/touch", b"")
    assert "content-type" not in headers
    assert headers.get("content-length", "0") == "0"


def test_without_a_body_template_the_body_passes(envoy: EnvoyGateway) -> None:
    echo = envoy.send(PASS, "/any?x=1", body=b"\x00\xff not json", headers={"x-user": "ann"})
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert (echo.content["path"], echo.body, headers["x-who"]) == ("/any?x=1", b"\x00\xff not json", "ann")


def test_a_failure_is_told_and_nothing_goes_on(envoy: EnvoyGateway) -> None:
    echo = envoy.send(GET, "/x", body=b"{}")
    assert (echo.status, echo.headers["x-gloo-error"]) == (400, "missing_parameter")
    assert echo.headers["content-type"] == "application/json"
    assert echo.error == {
        "status": 400,
        "reason": "missing_parameter",
        "message": "'id' is missing",
        "function": "pets/get",
        "parameter": "id",
        "field": "path",
        "line": 1,
        "column": 10,
    }


def test_a_body_that_is_not_json_is_refused(envoy: EnvoyGateway) -> None:
    echo = envoy.send(BODY, "/?name=x", body=b"id=1")
    assert (echo.status, echo.headers["x-gloo-error"]) == (400, "bad_body")


def test_a_compressed_body_is_refused(envoy: EnvoyGateway) -> None:
    echo = envoy.send(BODY, "/?name=x", body=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert (echo.status, echo.headers["x-gloo-error"]) == (415, "encoded_body")


def test_statements_and_functions_run(envoy: EnvoyGateway) -> None:
    echo = envoy.send(CHOICE, "/", body=b'{"xs": [1, "b", 2.50]}')
    headers = echo.content["headers"]
    assert isinstance(headers, dict)
    assert (echo.content["path"], echo.body, len(headers["x-id"])) == ("/some", b"1-b-2.50", 36)
