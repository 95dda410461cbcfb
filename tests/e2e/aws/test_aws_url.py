"""Functions at a URL of their own: signed by Envoy, judged by botocore, answered as a stream."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.aws.gateway_config import PNG, write_secret
from tests.e2e.aws.url_peer import FIRST, SECOND, UrlPeer, url_peer
from tests.support.gateway import running_gateway

from gloo.model.base import Json


@pytest.fixture
def function() -> Iterator[UrlPeer]:
    with url_peer() as running:
        yield running


def write(folder: Path, function: UrlPeer, **spec: Json) -> Path:
    """Write an upstream with the function behind ``/live``, and the secret `aws`."""
    write_secret(folder, function.keys)
    given = {"region": "eu-west-1", "url": f"http://127.0.0.1:{function.port}", **spec}
    upstream = {"name": "stories", "type": "aws", "spec": given, "functions": [{"name": "tell"}]}
    destination = {"function": {"upstream_name": "stories", "function_name": "tell"}}
    matcher = {"path_prefix": "/live/"}
    routes = [{"request_matcher": matcher, "single_destination": destination, "prefix_rewrite": "/"}]
    services = [{"name": "default", "routes": routes}]
    (folder / "gloo.yaml").write_text(json.dumps({"upstreams": [upstream], "virtual_services": services}))
    return folder


async def test_an_answer_reaches_the_client_as_it_comes(tmp_path: Path, function: UrlPeer) -> None:
    async with (
        running_gateway(write(tmp_path / "config", function, secret_ref="aws")) as running,
        httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=10) as client,
        client.stream("POST", "/live/a%20b?x=1&x=2%2F", json={"about": "pears"}) as answer,
    ):
        parts = answer.aiter_raw()
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        assert await anext(parts) == FIRST
        assert not function.go_on.is_set()  # the rest is still to be sent
        function.go_on.set()
        assert b"".join([part async for part in parts]) == SECOND
    (call,) = function.calls
    assert (call.method, call.path, json.loads(call.body)) == ("POST", "/a%20b?x=1&x=2%2F", {"about": "pears"})
    assert call.signed
    assert call.headers["host"] == f"127.0.0.1:{function.port}"


async def test_bodies_are_signed_whole_and_pass_byte_for_byte(tmp_path: Path, function: UrlPeer) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield PNG[:1000]
        yield PNG[1000:]

    function.go_on.set()
    async with running_gateway(write(tmp_path / "config", function, secret_ref="aws")) as running:
        for content in (PNG, chunks(), b"x" * 6_000_000):
            answer = await running.request("POST", "/live/", content=content, headers={"content-type": "image/png"})
            assert answer.status_code == 200
        assert (await running.get("/live/")).status_code == 200
        assert (await running.request("POST", "/live/", content=b"x" * 8_000_000)).status_code == 413
    assert [len(call.body) for call in function.calls] == [len(PNG), len(PNG), 6_000_000, 0]
    assert function.calls[0].body == function.calls[1].body == PNG
    assert all(call.signed for call in function.calls)


async def test_a_client_can_not_sign_in_the_gateways_place(tmp_path: Path, function: UrlPeer) -> None:
    function.go_on.set()
    mine = {
        "authorization": "AWS4-HMAC-SHA256 Credential=mine",
        "x-amz-security-token": "mine",
        "x-amz-date": "20200101T000000Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-forwarded-host": "elsewhere",
        "x-mine": "kept",
    }
    async with running_gateway(write(tmp_path / "config", function, secret_ref="aws")) as running:
        assert (await running.get("/live/", headers=mine)).status_code == 200
    (call,) = function.calls
    assert call.signed
    assert call.headers["x-mine"] == "kept"
    assert "x-amz-security-token" not in call.headers


async def test_a_function_that_lets_all_in_gets_the_clients_own_headers(tmp_path: Path, function: UrlPeer) -> None:
    function.go_on.set()
    function.open_to_all = True
    async with running_gateway(write(tmp_path / "config", function, auth="none")) as running:
        answer = await running.get("/live/", headers={"authorization": "Bearer mine"})
    assert answer.status_code == 200
    assert function.calls[0].headers["authorization"] == "Bearer mine"
