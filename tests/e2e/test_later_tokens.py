"""Tokens and calls that no client waits for, on one route: what a route demands holds for its own call alone."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import Gateway
from tests.e2e.test_later import statistics
from tests.support.gateway import RunningGateway
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.secure_gateway import until
from tests.support.tokens import Issuer

from gloo.control_plane.state import read_statuses
from gloo.model.base import Json

ISSUER = Issuer()
TOKEN = {"require": ["idp"]}
AS_ADMIN = {"x-admin": "1"}


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    """Return a running upstream that keeps what it is asked."""
    async with recording_upstream() as running:
        yield running


def route(name: str, jwt: Json, **matcher: Json) -> Json:
    """Return a route for ``/jobs``: its calls arrive as ``/NAME``, and Envoy holds a request until it is whole."""
    return {
        "request_matcher": {"path_prefix": "/jobs", **matcher},
        "single_destination": {"upstream": {"name": "echo"}},
        "prefix_rewrite": f"/{name}",
        "extensions": {"async": True, "jwt": jwt, "max_request_bytes": 1000},
    }


def write(folder: Path, port: int, *routes: Json) -> Path:
    """Write *routes* of a virtual service that knows the issuer."""
    claims = {"sub": "x-sub", "tenant": "x-tenant"}
    keys = {"jwks": {"inline": json.dumps(ISSUER.jwks())}}
    idp = {"issuer": ISSUER.name, "audiences": ["shop"], **keys, "claims_to_headers": claims}
    echo = {"name": "echo", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": port}]}}
    shop = {"name": "shop", "jwt": {"providers": {"idp": idp}}, "routes": list(routes)}
    folder.mkdir(exist_ok=True)
    written = folder / ".written"
    written.write_text(json.dumps({"upstreams": [echo], "virtual_services": [shop]}))
    written.rename(folder / "gloo.yaml")
    return folder


async def test_without_a_token_nothing_is_called_whatever_headers_say_and_with_one_its_claims_arrive(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("admin", TOKEN))
    async with gateway(folder) as running:
        calls = await call_names(running)
        forged = {"x-sub": "eve", "x-tenant": "theirs", "x-gloo-call-id": "mine"}
        for call in ("shop/0", *calls):
            marks = {"x-gloo-run": call, "x-gloo-ask": call}
            for token in ({}, {"authorization": "Bearer a.b.c"}, Issuer().bearer()):
                refused = await running.request("POST", "/jobs/forged", headers={**forged, **marks, **token})
                assert refused.status_code == 401
        answer = await running.request("POST", "/jobs/good", headers={**forged, **marks, **ISSUER.bearer()})
        assert answer.status_code == 202
        asked = await upstream.wait_asked("admin")
    assert (asked.values("x-sub"), asked.values("x-tenant")) == (["ann"], [])
    assert asked.values("x-gloo-call-id") == [answer.json()["call_id"]]
    assert paths(upstream, "admin") == {"/admin/good"}


async def call_names(running: RunningGateway) -> list[str]:
    """Return the names of the calls in Envoy's table, which a client could have guessed."""
    recorded = read_statuses(running.folder / ".gloo").running
    assert recorded is not None
    transport = httpx.AsyncHTTPTransport(uds=recorded.admin)
    async with httpx.AsyncClient(transport=transport, base_url="http://envoy") as admin:
        dump = (await admin.get("/config_dump", params={"resource": "dynamic_route_configs"})).text
    found = sorted(set(re.findall(r"shop/0/[0-9a-f]{32}", dump)))
    assert found
    return found


async def test_a_request_that_meets_an_edit_never_makes_the_call_of_a_route_that_demands_more(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    public, admin = route("public", "off"), route("admin", TOKEN, headers=AS_ADMIN)
    folder, rest = write(tmp_path / "config", upstream.port, public), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"half "
        await rest.wait()
        yield b"rest"

    async with (
        gateway(folder) as running,
        httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=20) as client,
        asyncio.TaskGroup() as tasks,
    ):
        half_sent = tasks.create_task(client.post("/jobs/held", content=body()))
        await until(lambda: is_held(running))
        write(folder, upstream.port, admin, public)
        await until(lambda: admin_is_called(client))
        rest.set()
        answer = await half_sent
        assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "route_changed")
        assert (await client.post("/jobs/last")).status_code == 202
        async with asyncio.timeout(10), upstream.arrived:
            await upstream.arrived.wait_for(lambda: "/public/last" in paths(upstream, "public"))
    assert paths(upstream, "admin") == {"/admin/new"}
    assert "/public/held" not in paths(upstream, "public")


def paths(upstream: RecordingUpstream, name: str) -> set[str]:
    """Return the paths of the calls of a route that have arrived."""
    return {asked.path for asked in upstream.asked[name]}


async def is_held(running: RunningGateway) -> bool:
    """Tell whether Envoy has the head of a request, and so its route, and waits for the rest."""
    return await statistics(running, "http.http.downstream_rq_active") == 1


async def admin_is_called(client: httpx.AsyncClient) -> bool:
    """Tell whether both tables have the new route: its call is made, and without a token it is not."""
    refused = await client.post("/jobs/new", headers=AS_ADMIN)
    called = await client.post("/jobs/new", headers={**AS_ADMIN, **ISSUER.bearer()})
    return (refused.status_code, called.status_code) == (401, 202)
