"""Functions of Google Cloud through a whole gateway, run by Google's own framework.

The framework wants an older cloudevents package than these tests, so it has an environment of its own; its program is
found on PATH, or where FUNCTIONS_FRAMEWORK says.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.support.ports import free_ports

FRAMEWORK = os.environ.get("FUNCTIONS_FRAMEWORK") or shutil.which("functions-framework")
SOURCE = EXAMPLES / "12-google" / "functions" / "main.py"
EVENT = {"ce-id": "7", "ce-source": "/me", "ce-type": "org.example.mine", "ce-specversion": "1.0"}

pytestmark = pytest.mark.skipif(
    FRAMEWORK is None and not os.environ.get("CI"), reason="there is no functions-framework: see the module"
)


@asynccontextmanager
async def framework(port: int, log: Path, *arguments: str) -> AsyncIterator[None]:
    """Serve a function of the example during the block."""
    assert FRAMEWORK is not None
    command = (FRAMEWORK, "--source", str(SOURCE), "--host", "127.0.0.1", "--port", str(port), *arguments)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=output, stderr=output)
    try:
        await _answers(port)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """Return the example's configuration, with both functions where they really are."""
    plain, event = free_ports(2)
    config = (EXAMPLES / "12-google" / "config" / "gloo.yaml").read_text()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gloo.yaml").write_text(config.replace("8083", str(plain)).replace("8084", str(event)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(framework(plain, tmp_path / "plain.log", "--target", "price"))
        event_kind = ("--target", "ordered", "--signature-type", "cloudevent")
        await stack.enter_async_context(framework(event, tmp_path / "event.log", *event_kind))
        yield tmp_path / "config"


async def test_a_request_reaches_a_function_and_an_event_its_function(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        told = (await running.get("/price/today?name=pear")).json()
        assert told == {"name": "pear", "cents": 40, "path": "/price/today"}
        assert (await running.request("POST", "/orders", json={"name": "pear"})).status_code == 200
        assert (await running.request("POST", "/orders", json={}, headers=EVENT)).status_code == 200
    log = (folder.parent / "event.log").read_text()
    made, mine = (line for line in log.splitlines() if line.startswith("ordered:"))
    assert made.endswith("org.example.ordered /shop {'name': 'pear'}")
    assert mine == "ordered: 7 org.example.mine /me {}"


async def test_the_same_functions_answer_the_same_as_an_upstream_of_type_local(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        cloud = await running.get("/price/today?name=pear")
    text = (folder / "gloo.yaml").read_text()
    before, _, routes = text.partition("virtual_services:")
    assert before
    local = "upstreams:\n- {name: price, type: local, spec: {module: main.py}, functions: [%s]}\n"
    local %= "{name: price, spec: {kind: google}}"
    (folder / "gloo.yaml").write_text(f"{local}virtual_services:{routes}")
    (folder / "main.py").write_text(SOURCE.read_text())
    async with gateway(folder) as running:
        here = await running.get("/price/today?name=pear")
    assert (here.status_code, here.json()) == (cloud.status_code, cloud.json())
    assert here.headers["content-type"] == cloud.headers["content-type"]
