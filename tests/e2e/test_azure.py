"""Functions of Azure through a whole gateway, against a double of a function app.

The double knows the documented contract alone: `/api/NAME`, the key in `x-functions-key`, 401 without the right one.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.support.asgi_server import served

from gloo.control_plane.state import read_statuses

KEYS = {"Order": "canary-of-order", "_master": "canary-of-master"}
WANTED = {"price": (), "Order": ("Order", "_master"), "refund": ("_master",), "close": ("_master",)}


async def call(request: Request) -> Response:
    """Answer as an app whose functions tell what they were asked."""
    name = request.path_params["name"]
    key = request.headers.get("x-functions-key", "")
    if name not in WANTED:
        return Response(status_code=404)
    if WANTED[name] and key not in {KEYS[entry] for entry in WANTED[name]}:
        return Response(status_code=401)
    return JSONResponse({"name": name, "query": request.url.query, "key": key, "headers": list(request.headers.keys())})


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """Return the example's configuration, with the double where the app would be."""
    async with served(Starlette(routes=[Route("/api/{name}", call, methods=["GET", "POST"])])) as url:
        config = (EXAMPLES / "13-azure" / "config" / "gloo.yaml").read_text()
        (tmp_path / "config" / "secrets").mkdir(parents=True)
        (tmp_path / "config" / "gloo.yaml").write_text(config.replace("http://127.0.0.1:8085", url))
        lines = "".join(f"{name}: {key}\n" for name, key in KEYS.items())
        (tmp_path / "config" / "secrets" / "azure-keys.yaml").write_text(lines)
        yield tmp_path / "config"


async def test_each_function_gets_its_own_key_and_no_other(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        told = {path: (await running.get(f"/{path}/x?a=1")).json() for path in ("price", "order", "refund", "close")}
    assert {path: each["key"] for path, each in told.items()} == {
        "price": "",
        "order": KEYS["Order"],
        "refund": KEYS["_master"],
        "close": KEYS["_master"],
    }
    assert {each["query"] for each in told.values()} == {"a=1"}
    assert not [name for each in told.values() for name in each["headers"] if name.startswith("x-gloo")]


async def test_a_client_can_not_choose_a_key_or_a_path(folder: Path, gateway: Gateway) -> None:
    mine = {"x-gloo-key": "x-gloo-key-_master", "x-gloo-path": "=/api/close", "x-functions-key": "wrong"}
    async with gateway(folder) as running:
        plain, wanting = [(await running.get(path, headers=mine)).json() for path in ("/price", "/order")]
    assert (plain["name"], plain["key"]) == ("price", "wrong")
    assert (wanting["name"], wanting["key"]) == ("Order", KEYS["Order"])


async def test_no_key_shows_in_the_log_or_in_envoys_dump(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        assert (await running.get("/order")).status_code == 200
        recorded = read_statuses(folder / ".gloo").running
        assert recorded is not None
        transport = httpx.AsyncHTTPTransport(uds=recorded.admin)
        async with httpx.AsyncClient(transport=transport, base_url="http://envoy") as admin:
            dump = (await admin.get("/config_dump")).text
    assert "azure/shop/Order" in dump
    assert "canary" not in dump.replace("omit_canary_hosts", "").replace("OmitCanaryHosts", "")
    assert "canary" not in running.log.read_text()
