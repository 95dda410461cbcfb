"""Response templates in a real Envoy; each function is that of a weighted destination."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.functions.envoy_gateway import Answer, EnvoyGateway, envoy_gateway

from gloo.functions import Condition, FunctionTemplate, ResponseTemplate, compile_function

BODY, HEADERS, ERROR, FIXED, DEAD = range(5)
PROGRAMS = [
    compile_function(FunctionTemplate("pets/find", responses=responses))
    for responses in (
        (ResponseTemplate(status="201", body='{"n": "{{ name }}", "u": "{{ request_header("x-user") }}"}'),),
        (ResponseTemplate(headers=(("x-id", '{{ request_header(":path") }}'),)),),
        (ResponseTemplate(when=Condition(("5xx",)), status="502", body='{"why": "{{ default(error, "?") }}"}'),),
        (ResponseTemplate(when=Condition(("any",)), body="fixed"),),
        (ResponseTemplate(when=Condition(("any",)), body="{{ id }}", headers=(("x-a", "1"),)),),
    )
]


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnvoyGateway]:
    folder: Path = tmp_path_factory.mktemp("envoy")
    with envoy_gateway(PROGRAMS, folder) as gateway:
        yield gateway


def ask(envoy: EnvoyGateway, program: int, *, method: str = "GET", **answer: object) -> Answer:
    headers = {"x-answer": json.dumps(answer), "x-user": "ann"}
    return envoy.ask(program, "/x?y=1", method=method, headers=headers)


def test_an_answer_becomes_another(envoy: EnvoyGateway) -> None:
    answer = ask(envoy, BODY, body='{"name": "Rex"}', headers={"content-type": "text/plain"})
    assert (answer.status, answer.body) == (201, b'{"n": "Rex", "u": "ann"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))


def test_headers_are_set_and_the_body_streams(envoy: EnvoyGateway) -> None:
    answer = ask(envoy, HEADERS, body="x" * 40_000)
    assert (answer.status, answer.headers["x-id"], len(answer.body)) == (200, "/x?y=1", 40_000)


def test_an_error_page_becomes_what_clients_know(envoy: EnvoyGateway) -> None:
    assert ask(envoy, ERROR, status=503, body="<h1>").body == b'{"why": "?"}'
    assert ask(envoy, ERROR, status=500, body='{"error": "x"}').body == b'{"why": "x"}'
    assert ask(envoy, ERROR, body="plain").body == b"plain"


def test_an_answer_that_cannot_be_used_is_replaced_whole(envoy: EnvoyGateway) -> None:
    answer = ask(envoy, DEAD, body="<html>secret", headers={"set-cookie": "a=b", "cache-control": "max-age=9"})
    assert (answer.status, answer.headers["x-gloo-error"]) == (502, "bad_body")
    assert json.loads(answer.body)["error"]["function"] == "pets/find"
    assert not {"set-cookie", "cache-control", "x-a"} & answer.headers.keys()


def test_a_compressed_answer_is_not_sent_on_half_read(envoy: EnvoyGateway) -> None:
    answer = ask(envoy, DEAD, body="\x1f", headers={"content-encoding": "gzip"})
    assert (answer.status, answer.headers["x-gloo-error"]) == (502, "encoded_body")


def test_an_answer_without_a_body_gets_one(envoy: EnvoyGateway) -> None:
    answer = ask(envoy, FIXED)
    assert (answer.body, answer.headers["content-length"]) == (b"fixed", "5")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_that_can_have_no_body_stays_without(envoy: EnvoyGateway, method: str, status: int) -> None:
    for program in (BODY, FIXED, DEAD):
        answer = ask(envoy, program, method=method, status=status)
        assert (answer.status, answer.body) == (status, b"")
        assert "x-gloo-error" not in answer.headers
