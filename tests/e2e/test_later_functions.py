"""Functions of each kind that no client waits for, through a whole gateway."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.e2e import test_azure, test_google
from tests.e2e.conftest import Gateway
from tests.e2e.openfaas_double import openfaas_double
from tests.support.asgi_server import served
from tests.support.ports import free_ports

from gloo.model.base import Json

NOTE = """
import json
import pathlib

def note(event, context):
    with pathlib.Path(%r).open("a") as file:
        file.write(json.dumps([event["body"], event["rawPath"]]) + "\\n")
"""
NOTING = """
import pathlib

def note(request):
    pathlib.Path(%r).write_text(f"{request.method} {request.full_path} {request.get_data(as_text=True)}")
    return "noted"
"""


def write(folder: Path, *upstreams: Json, **paths: Json) -> Path:
    """Write *upstreams* and an asynchronous route for each of *paths* to its function, ``upstream/function``."""
    routes = [
        {
            "request_matcher": {"path_prefix": f"/{path}"},
            "single_destination": {
                "function": dict(zip(("upstream_name", "function_name"), name.split("/"), strict=True))
            },
            "extensions": {"async": True},
        }
        for path, name in paths.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    config = {"upstreams": list(upstreams), "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


async def once(holds: Callable[[], bool]) -> None:
    """Wait until it holds, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what it waits for is another process
            await asyncio.sleep(0.02)


async def test_a_local_function(tmp_path: Path, gateway: Gateway) -> None:
    notes = tmp_path / "notes"
    local = {"name": "local", "type": "local", "spec": {"module": "notes.py"}, "functions": [{"name": "note"}]}
    folder = write(tmp_path / "config", local, note="local/note")
    (folder / "notes.py").write_text(NOTE % str(notes))
    async with gateway(folder) as running:
        answer = await running.request("POST", "/note/1", content="pear", headers={"content-type": "text/plain"})
        assert (answer.status_code, list(answer.json())) == (202, ["call_id"])
        await once(lambda: notes.exists() and notes.read_text().endswith("\n"))
    assert json.loads(notes.read_text()) == ["pear", "/note/1"]


@test_google.pytestmark
async def test_a_function_of_google(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    notes, (port,) = tmp_path / "notes", free_ports(1)
    (tmp_path / "main.py").write_text(NOTING % str(notes))
    monkeypatch.setattr(test_google, "SOURCE", tmp_path / "main.py")
    google = {
        "name": "g",
        "type": "google",
        "spec": {"url": f"http://127.0.0.1:{port}"},
        "functions": [{"name": "note"}],
    }
    async with test_google.framework(port, tmp_path / "framework.log", "--target", "note"):
        notes.unlink()  # the framework was asked whether it is there
        async with gateway(write(tmp_path / "config", google, later="g/note")) as running:
            assert (await running.request("POST", "/later/1?a=b", content="pear")).status_code == 202
            await once(lambda: notes.exists() and bool(notes.read_text()))
    assert notes.read_text() == "POST /later/1?a=b pear"


async def test_a_function_of_azure_with_its_key(tmp_path: Path, gateway: Gateway) -> None:
    statuses: list[int] = []

    async def call(request: Request) -> Response:
        answer = await test_azure.call(request)
        statuses.append(answer.status_code)
        return answer

    async with served(Starlette(routes=[Route("/api/{name}", call, methods=["POST"])])) as url:
        spec = {"function_app_name": "a", "url": url, "secret_ref": "keys"}
        order = {"name": "order", "spec": {"function_name": "Order", "auth_level": "function"}}
        azure = {"name": "azure", "type": "azure", "spec": spec, "functions": [order]}
        folder = write(tmp_path / "config", azure, order="azure/order")
        (folder / "secrets").mkdir()
        (folder / "secrets" / "keys.yaml").write_text(f"Order: {test_azure.KEYS['Order']}\n")
        async with gateway(folder) as running:
            answer = await running.request("POST", "/order", content="one pear")
            assert (answer.status_code, "call_id" in answer.json()) == (202, True)
            await once(lambda: bool(statuses))
    assert statuses == [200]


async def test_a_function_of_openfaas_by_its_own_queue(tmp_path: Path, gateway: Gateway) -> None:
    async with openfaas_double("report", user="u", password="p") as double:
        spec = {"gateway": double.url, "secret_ref": "s"}
        faas = {"name": "faas", "type": "openfaas", "spec": spec, "functions": [{"name": "report"}]}
        folder = write(tmp_path / "config", faas, report="faas/report")
        (folder / "secrets").mkdir()
        (folder / "secrets" / "s.yaml").write_text("username: u\npassword: p\n")
        async with gateway(folder) as running:
            answer = await running.request("POST", "/report")
            assert (answer.status_code, answer.headers["x-call-id"]) == (202, "call-1")
            assert "x-gloo-call-id" not in answer.headers
