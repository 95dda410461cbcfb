"""Filters that meet on one route: a limit counts all of a body and nothing else, a fault is as one of the upstream."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.recording_upstream import RecordingUpstream
from tests.support.tokens import Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "x" * 90
CONFIG = """
upstreams:
- name: main
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  service_info: {{type: REST}}
  functions:
  - {{name: grows, spec: {{path: /made, body: '{{"id": {{{{ id }}}}, "long": "{long}"}}'}}}}
  - {{name: path, spec: {{path: "/made/{{{{ id }}}}"}}}}
virtual_services:
- name: default
  jwt: {{providers: {{own: {{issuer: me, jwks: {{inline: '{jwks}'}}}}}}, default: off}}
  routes:
  - event_matcher: {{event_type: some}}
    single_destination: {{upstream: {{name: main}}}}
  - request_matcher: {{path_prefix: /delayed/}}
    single_destination: {{function: {{upstream_name: main, function_name: path}}}}
    extensions:
      max_request_bytes: 10
      faults: {{delay: {{fixed_delay: 50ms}}}}
      parameters: {{path: "/delayed/{{id}}"}}
  - request_matcher: {{path_prefix: /limited}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{max_request_bytes: 10}}
  - request_matcher: {{path_prefix: /waits}}
    single_destination: {{function: {{upstream_name: main, function_name: grows}}}}
    extensions: {{faults: {{delay: {{fixed_delay: 200ms}}}}}}
  - request_matcher: {{path_prefix: /grows}}
    single_destination: {{function: {{upstream_name: main, function_name: grows}}}}
    extensions: {{max_request_bytes: 10}}
  - request_matcher: {{path_prefix: /shared}}
    single_destination: {{upstream: {{name: main}}}}
    extensions:
      faults: {{abort: {{http_status: 503}}}}
      cors: {{allow_origin: ["http://a.example"], allow_methods: PUT}}
  - request_matcher: {{path_prefix: /guarded}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{faults: {{abort: {{http_status: 503}}}}, jwt: {{require: [own]}}}}
"""
EVENT = '{"type": "other", "specversion": "1.0", "id": "1", "source": "/me"}'
ORIGIN = {"origin": "http://a.example"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, recorder: RecordingUpstream
) -> AsyncIterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("order")
    (folder / "gloo.yaml").write_text(CONFIG.format(port=recorder.port, long=LONG, jwks=json.dumps(Issuer().jwks())))
    async with running_gateway(folder) as running:
        yield running


@pytest.mark.parametrize("path", ["/delayed/1", "/delayed/1?x", "/limited"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/cloudevents+json"])
async def test_a_limit_holds_whatever_else_waits_for_the_body(
    gateway: RunningGateway, path: str, content_type: str
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield EVENT.encode()

    for content in (EVENT.encode(), parts()):
        answer = await gateway.request("POST", path, headers={"content-type": content_type}, content=content)
        assert (answer.status_code, answer.headers["x-gloo-error"]) == (413, "too_large")
    assert (await gateway.request("POST", path, content=b"0123456789")).status_code == 200


async def test_a_limit_is_one_of_what_clients_send_and_not_of_what_is_made_of_it(
    gateway: RunningGateway, recorder: RecordingUpstream
) -> None:
    assert (await gateway.request("POST", "/grows", json={"id": 1})).status_code == 200
    assert len(recorder.asked["made"][-1].body) > len(LONG)
    assert (await gateway.request("POST", "/grows", json={"id": 1_000_000})).status_code == 413


async def test_a_page_sees_a_fault_and_its_preflight_is_answered(gateway: RunningGateway) -> None:
    preflight = {**ORIGIN, "access-control-request-method": "PUT"}
    assert (await gateway.request("OPTIONS", "/shared", headers=preflight)).status_code == 200
    answer = await gateway.request("PUT", "/shared", headers=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (503, "http://a.example")


async def test_a_stranger_meets_the_guard_before_the_fault(gateway: RunningGateway) -> None:
    assert (await gateway.get("/guarded")).status_code == 401


async def test_a_delay_before_a_function_that_reads_the_body_lets_no_long_one_hang(gateway: RunningGateway) -> None:
    async def parts(count: int) -> AsyncIterator[bytes]:
        yield b'{"id": 1, "more": "'
        for _ in range(count):
            yield b"x" * 2**16
        yield b'"}'

    assert (await gateway.request("POST", "/waits", content=parts(1))).status_code == 200
    for count in (3, 40):  # more than the function reads, more than Envoy keeps
        answer = await gateway.request("POST", "/waits", content=parts(count))
        assert (answer.status_code, answer.headers["x-gloo-error"]) == (413, "too_large")
