"""What an event route says holds for its events in every form, also where Envoy learns the route from the body."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.recording_upstream import RecordingUpstream

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = """
upstreams:
- name: main
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  service_info: {{type: REST}}
  functions:
  - {{name: fixed, spec: {{headers: {{x-fixed: one}}}}}}
  - {{name: answered, spec: {{path: /answered, response: {{body: made}}}}}}
virtual_services:
- name: default
  routes:
  - event_matcher: {{event_type: weighted}}
    multiple_destinations:
    - {{weight: 1, function: {{upstream_name: main, function_name: fixed}}}}
    - {{weight: 1, function: {{upstream_name: main, function_name: fixed}}}}
  - event_matcher: {{event_type: answered}}
    single_destination: {{function: {{upstream_name: main, function_name: answered}}}}
  - event_matcher: {{event_type: broken}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{faults: {{abort: {{percentage: 100, http_status: 418}}}}}}
  - event_matcher: {{event_type: shared}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{cors: {{allow_origin: ["http://a.example"]}}}}
  - event_matcher: {{event_type: answered, path: /limited}}
    single_destination: {{function: {{upstream_name: main, function_name: answered}}}}
  - event_matcher: {{event_type: retried, path: /limited}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{max_retries: 2}}
  - request_matcher: {{path_prefix: /limited}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{max_request_bytes: 100000}}
  - request_matcher: {{path_prefix: /}}
    single_destination: {{upstream: {{name: main}}}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, recorder: RecordingUpstream
) -> AsyncIterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("events")
    (folder / "gloo.yaml").write_text(CONFIG.format(port=recorder.port))
    async with running_gateway(folder) as running:
        yield running


async def posted(gateway: RunningGateway, kind: str, *, structured: bool, path: str = "/events") -> httpx.Response:
    attributes = {"specversion": "1.0", "id": "1", "source": "/me", "type": kind}
    origin = {"origin": "http://a.example"}
    if structured:
        headers = {"content-type": "application/cloudevents+json", **origin}
        return await gateway.request("POST", path, headers=headers, json=attributes)
    headers = {**{f"ce-{name}": value for name, value in attributes.items()}, **origin}
    return await gateway.request("POST", path, headers=headers, json={})


@pytest.mark.parametrize("structured", [False, True])
async def test_headers_of_a_function_among_several(
    gateway: RunningGateway, recorder: RecordingUpstream, structured: bool
) -> None:
    recorder.asked["events"].clear()
    assert (await posted(gateway, "weighted", structured=structured)).status_code == 200
    (asked,) = recorder.asked["events"]
    assert asked.values("x-fixed") == ["one"]


@pytest.mark.parametrize("structured", [False, True])
async def test_a_response_template(gateway: RunningGateway, structured: bool) -> None:
    assert (await posted(gateway, "answered", structured=structured)).text == "made"


@pytest.mark.parametrize("structured", [False, True])
async def test_where_another_route_of_the_path_has_a_limit(
    gateway: RunningGateway, recorder: RecordingUpstream, structured: bool
) -> None:
    assert (await posted(gateway, "answered", structured=structured, path="/limited")).text == "made"
    recorder.asked["limited"].clear()
    recorder.script["limited"] = [503, 503]
    assert (await posted(gateway, "retried", structured=structured, path="/limited")).status_code == 200
    assert len(recorder.asked["limited"]) == 3


@pytest.mark.parametrize("structured", [False, True])
async def test_faults(gateway: RunningGateway, structured: bool) -> None:
    assert (await posted(gateway, "broken", structured=structured)).status_code == 418


@pytest.mark.parametrize("structured", [False, True])
async def test_marks_for_browsers(gateway: RunningGateway, structured: bool) -> None:
    answer = await posted(gateway, "shared", structured=structured)
    assert answer.headers["access-control-allow-origin"] == "http://a.example"


async def test_other_routes_of_the_host_have_none_of_that(gateway: RunningGateway, recorder: RecordingUpstream) -> None:
    answer = await gateway.request("POST", "/plain", headers={"origin": "http://a.example"}, content=b"x" * 100)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert recorder.asked["plain"][-1].values("x-fixed") == []
