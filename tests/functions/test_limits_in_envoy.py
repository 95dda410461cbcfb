"""Limits, forms of parts, and the counting of failures in a real Envoy."""

import base64
import gzip
import json
import random
from collections.abc import Iterator

import httpx
import pytest
from tests.functions.envoy_gateway import EnvoyGateway, envoy_gateway

from gloo.functions import FunctionTemplate, ResponseTemplate, compile_function
from gloo.functions.body_modes import BodyMode
from gloo.functions.limits import MOST_MADE

JSON, LONGER, PARTS, WRAP, ANSWER, TWICE, SAID_TWICE = range(7)
_FILE = '{"name": "{{ photo.filename }}", "size": {{ photo.size }}, "data": "{{ base64_encode(photo.content) }}"}'
PROGRAMS = [
    compile_function(FunctionTemplate("u/json", body='{"a": {{ a }}}')),
    compile_function(FunctionTemplate("u/longer", body='{"a": {{ a }}}', max_body=2**20)),
    compile_function(FunctionTemplate("u/parts", body=_FILE, parse_body="multipart")),
    compile_function(FunctionTemplate("u/wrap", mode=BodyMode("wrap"))),
    compile_function(FunctionTemplate("u/answer", responses=(ResponseTemplate(body='{"a": {{ a }}}'),))),
    compile_function(FunctionTemplate("u/twice", body="-{{ body() }}{{ body() }}")),
    compile_function(FunctionTemplate("u/said", responses=(ResponseTemplate(body="-{{ body() }}{{ body() }}"),))),
]


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnvoyGateway]:
    with envoy_gateway(PROGRAMS, tmp_path_factory.mktemp("envoy")) as gateway:
        yield gateway


def _body(size: int) -> bytes:
    return b'{"a":1,"b":"' + b"x" * (size - 14) + b'"}'


@pytest.mark.parametrize(("program", "size"), [(JSON, 2**17), (LONGER, 2**20 - 4096)])
def test_a_body_may_be_so_long(envoy: EnvoyGateway, program: int, size: int) -> None:
    assert envoy.send(program, "/", body=_body(size)).body == b'{"a": 1}'


def test_a_longer_body_is_refused_and_reaches_no_upstream(envoy: EnvoyGateway) -> None:
    echo = envoy.send(JSON, "/", body=_body(2**17 + 1))
    assert (echo.status, echo.headers["x-gloo-error"], echo.error["function"]) == (413, "too_large", "u/json")


@pytest.mark.parametrize(("program", "longest"), [(JSON, 2**17), (LONGER, 2**20), (PARTS, 2**20), (WRAP, 2**20)])
def test_a_body_that_envoy_would_not_keep_is_refused_by_the_function(
    envoy: EnvoyGateway, program: int, longest: int
) -> None:
    before = envoy.count("http.test.lua.function_errors.too_large")
    echo = envoy.send(program, "/", body=b"x" * (2**20 + 4096))
    assert (echo.status, echo.error["reason"]) == (413, "too_large")
    assert echo.error["message"] == f"the body is longer than {longest} bytes"
    assert envoy.count("http.test.lua.function_errors.too_large") == before + 1


def test_a_compressed_body_is_refused(envoy: EnvoyGateway) -> None:
    for program in (JSON, PARTS, WRAP):
        echo = envoy.send(program, "/", body=gzip.compress(_body(1000)), headers={"content-encoding": "gzip"})
        assert (echo.status, echo.headers["x-gloo-error"]) == (415, "encoded_body")


def test_a_file_reaches_the_upstream_as_it_was_sent(envoy: EnvoyGateway) -> None:
    content = random.Random(1).randbytes(700_000)
    request = httpx.Request("POST", "http://x/", files={"photo": ("cat.png", content)}, data={"title": "x"})
    headers = {"content-type": request.headers["content-type"]}
    echo = envoy.send(PARTS, "/", body=request.read(), headers=headers)
    made = json.loads(echo.body)
    assert (made["name"], made["size"], base64.b64decode(made["data"])) == ("cat.png", 700_000, content)
    told = echo.content["headers"]
    assert isinstance(told, dict)
    assert told["content-type"] == "application/json"


def test_what_is_no_such_form_is_refused(envoy: EnvoyGateway) -> None:
    echo = envoy.send(PARTS, "/", body=b"--b\r\n", headers={"content-type": "multipart/form-data; boundary=b"})
    assert (echo.status, echo.headers["x-gloo-error"]) == (400, "bad_body")


def test_a_template_may_make_so_much_and_no_more_of_a_request(envoy: EnvoyGateway) -> None:
    most = b"x" * (MOST_MADE // 2 - 1)
    assert envoy.send(TWICE, "/", body=most).body == b"-" + 2 * most
    echo = envoy.send(TWICE, "/", body=most + b"x")
    assert (echo.status, echo.error["reason"], echo.error["function"]) == (400, "too_long", "u/twice")


def test_a_template_may_make_so_much_and_no_more_of_an_answer(envoy: EnvoyGateway) -> None:
    most = MOST_MADE // 2 - 1
    answer, longer = (
        envoy.ask(SAID_TWICE, "/", headers={"x-answer": json.dumps({"body": "x", "times": times})})
        for times in (most, most + 1)
    )
    assert (answer.status, len(answer.body)) == (200, 2 * most + 1)
    assert (longer.status, longer.headers["x-gloo-error"]) == (502, "too_long")
    assert json.loads(longer.body)["error"]["function"] == "u/said"


def test_an_answer_that_is_too_long_to_be_read_is_told_by_the_function(envoy: EnvoyGateway) -> None:
    told = {"x-answer": json.dumps({"body": "x", "times": 2**20 + 1})}
    answer = envoy.ask(SAID_TWICE, "/", headers=told)
    assert (answer.status, answer.headers["x-gloo-error"]) == (502, "too_large")


def test_failures_are_counted_by_code_and_by_function(envoy: EnvoyGateway) -> None:
    names = ("http.test.lua.function_errors.missing_parameter", "http.test.lua.function.u/longer.errors")
    before = [envoy.count(name) for name in names]
    assert envoy.send(LONGER, "/", body=b"{}").status == 400
    assert envoy.send(LONGER, "/", body=b'{"a": 1}').status == 200
    assert [envoy.count(name) for name in names] == [count + 1 for count in before]


def test_a_failure_of_an_answer_is_counted_too(envoy: EnvoyGateway) -> None:
    name = "http.test.lua.function.u/answer.errors"
    before = envoy.count(name)
    told = {"x-answer": json.dumps({"body": "{}"})}
    assert envoy.ask(ANSWER, "/", headers=told).status == 502
    assert envoy.count(name) == before + 1
    assert envoy.count("http.test.lua.errors") == 0
