"""What goes over the wire in a real Envoy: whole messages, and after each answer the next one."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection

import pytest
from tests.functions.envoy_gateway import EnvoyGateway, envoy_gateway
from tests.support.raw_client import behind_head
from tests.support.trailers import with_trailers

from gloo.functions import Condition, FunctionTemplate, ResponseTemplate, compile_function
from gloo.functions.body_modes import BodyMode

BODY, MERGE, FIXED, FAILS, STATUS, EMPTY = range(6)
_ANY = Condition(("any",))
PROGRAMS = [
    compile_function(FunctionTemplate("u/body", "/b", body='{"n": {{ default(name, "none") }}}')),
    compile_function(FunctionTemplate("u/merge", "/m", mode=BodyMode("merge_parameters"))),
    compile_function(FunctionTemplate("u/fixed", body='{"a": 1}')),
    compile_function(
        FunctionTemplate(
            "u/fails", responses=(ResponseTemplate(when=_ANY, headers=(("x-n", "{{ int(header('x-n')) }}"),)),)
        )
    ),
    compile_function(FunctionTemplate("u/status", responses=(ResponseTemplate(when=_ANY, status="200"),))),
    compile_function(FunctionTemplate("u/empty", responses=(ResponseTemplate(when=_ANY, status="204", body=""),))),
]


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnvoyGateway]:
    with envoy_gateway(PROGRAMS, tmp_path_factory.mktemp("envoy")) as gateway:
        yield gateway
        assert gateway.count("http.test.lua.errors") == 0


Answer = tuple[int, Mapping[str, str], bytes]


def in_turn(envoy: EnvoyGateway, *asked: tuple[str, int, Mapping[str, object]]) -> list[Answer]:
    """Send requests one after the other over one connection: method, program, and what the upstream answers."""
    connection, found = HTTPConnection("127.0.0.1", envoy.port, timeout=10), list[Answer]()
    for method, program, answer in asked:
        connection.request(method, "/x", headers={"x-program": str(program), "x-answer": json.dumps(answer)})
        got = connection.getresponse()
        found.append((got.status, {name.lower(): value for name, value in got.getheaders()}, got.read()))
    connection.close()
    return found


@pytest.mark.parametrize(
    ("program", "body", "made"),
    [
        (BODY, None, b'{"n": "none"}'),
        (BODY, b'{"name": "a"}', b'{"n": "a"}'),
        (MERGE, None, b"{}"),
        (FIXED, None, b'{"a": 1}'),
    ],
)
def test_a_request_that_ends_with_trailers_is_made_whole(
    envoy: EnvoyGateway, program: int, body: bytes | None, made: bytes
) -> None:
    status, echo = with_trailers(envoy.port, {":path": "/x", "x-program": str(program)}, body)
    assert (status, json.loads(echo)["body"].encode()) == (200, made)


@pytest.mark.parametrize("status", [200, 204, 304, 500])
def test_a_failure_has_no_body_where_the_client_asked_for_the_head(envoy: EnvoyGateway, status: int) -> None:
    said = {"status": status, "body": "text" if status != 204 else ""}
    headers = {"x-program": str(FAILS), "x-answer": json.dumps(said)}
    failed, rest = asyncio.run(behind_head(envoy.port, "/x", headers))
    assert (failed, rest[:13]) == (502, b"HTTP/1.1 404 ")


def test_a_304_that_becomes_another_status_promises_no_body(envoy: EnvoyGateway) -> None:
    first, following = in_turn(
        envoy, ("GET", STATUS, {"status": 304, "body": "x" * 21}), ("GET", STATUS, {"body": "next"})
    )
    assert (first[0], first[2], following[2]) == (200, b"", b"next")


def test_a_204_has_no_length(envoy: EnvoyGateway) -> None:
    first, following = in_turn(envoy, ("GET", EMPTY, {"body": "text"}), ("GET", STATUS, {"body": "next"}))
    assert (first[0], "content-length" in first[1], following[2]) == (204, False, b"next")


def test_a_new_body_is_not_said_to_be_compressed(envoy: EnvoyGateway) -> None:
    echo = envoy.send(FIXED, "/", body=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert echo.body == b'{"a": 1}'
    told = echo.content["headers"]
    assert isinstance(told, dict)
    assert "content-encoding" not in told
