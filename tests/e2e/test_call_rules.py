"""What functions say about their calls, through a whole gateway: times that end, and failures that are tried again."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Gateway
from tests.support.recording_upstream import NEVER, RecordingUpstream, recording_upstream

from gloo.model.base import Json

FUNCTIONS: dict[str, Json] = {
    "once": {},
    "never": {"idempotent": False},
    "again": {"idempotent": True},
    "short": {"timeout": "300ms"},
    "other": {"timeout": "1s", "idempotent": True},
}


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    """Return a running upstream that fails on demand."""
    async with recording_upstream() as running:
        yield running


def write(folder: Path, port: int) -> Path:
    """Write a route ``/NAME`` for each function, one with words of its own, and one to two functions by weight."""
    hosts = {"hosts": [{"addr": "127.0.0.1", "port": port}]}
    functions = [{"name": name, **rules, "spec": {"path": f"/{name}"}} for name, rules in FUNCTIONS.items()]
    upstream = {"name": "a", "type": "service", "spec": hosts, "service_info": {"type": "REST"}, "functions": functions}
    routes = [route(name, {"single_destination": call(name)}) for name in FUNCTIONS]
    routes.append(route("own-word", {"single_destination": call("short")}, timeout="5s", max_retries=1))
    shares = [{**call("short"), "weight": 1}, {**call("other"), "weight": 1}]
    routes.append(route("both", {"multiple_destinations": shares}))
    folder.mkdir()
    config = {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


def route(path: str, destination: Json, **extensions: Json) -> Json:
    return {"request_matcher": {"path_exact": f"/{path}"}, **destination, "extensions": extensions}


def call(name: str) -> Json:
    return {"function": {"upstream_name": "a", "function_name": name}}


async def test_an_idempotent_call_is_tried_again_and_another_is_sent_once(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    mine = {"x-envoy-retry-on": "5xx", "x-envoy-max-retries": "3"}
    async with gateway(write(tmp_path / "config", upstream.port)) as running:
        upstream.script["again"] = [503, 504]
        assert (await running.request("POST", "/again", content="x")).status_code == 200
        upstream.script["again"] = [502] * 9
        assert (await running.get("/again")).status_code == 502
        for name in ("once", "never"):
            upstream.script[name] = [503]
            assert (await running.get(f"/{name}", headers=mine)).status_code == 503
        upstream.script["again"] = [500]
        assert (await running.get("/again")).status_code == 500
        upstream.script["again"] = [503]
        assert (await running.request("POST", "/again", content="x" * (2 * 2**20))).status_code == 503
    asked = {name: len(requests) for name, requests in upstream.asked.items()}
    assert asked == {"again": 3 + 3 + 1 + 1, "once": 1, "never": 1}
    assert {each.body for each in upstream.asked["again"][:3]} == {"x"}


async def test_a_functions_time_ends_its_calls_and_the_word_of_a_route_counts_instead(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    async with gateway(write(tmp_path / "config", upstream.port)) as running:
        upstream.script["short"] = [NEVER]
        begun = time.monotonic()
        assert (await running.get("/short")).status_code == 504
        assert time.monotonic() - begun < 5
        upstream.script["short"] = [503]
        assert (await running.get("/own-word")).status_code == 200
        upstream.script["short"] = upstream.script["other"] = [NEVER] * 2
        begun = time.monotonic()
        assert (await running.get("/both")).status_code == 504
        assert time.monotonic() - begun >= 0.9
