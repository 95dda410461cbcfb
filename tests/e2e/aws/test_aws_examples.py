"""The examples with Lambda do what their pages say."""

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.ports import free_ports

EXAMPLES = Path(__file__).parents[3] / "examples"


@asynccontextmanager
async def running(name: str, folder: Path) -> AsyncIterator[RunningGateway]:
    """Run an example and its stand-in, on a free port in place of 9001."""
    (port,) = free_ports(1)
    config = folder / "config"
    shutil.copytree(EXAMPLES / name / "config", config)
    written = config / "gloo.yaml"
    written.write_text(written.read_text().replace("9001", str(port)))
    command = (sys.executable, EXAMPLES / name / "stand_in.py", str(port))
    stand_in = await asyncio.create_subprocess_exec(*command, stderr=DEVNULL)
    try:
        async with running_gateway(config) as gateway, asyncio.timeout(30):
            yield gateway
    finally:
        stand_in.kill()
        await stand_in.wait()


async def test_an_event_of_api_gateway_becomes_an_answer(tmp_path: Path) -> None:
    async with running("09-aws", tmp_path) as gateway:
        while (answer := await gateway.get("/greet?name=you")).status_code == 503:
            pass  # the stand-in is not up yet
        assert (answer.status_code, answer.text) == (200, "hello you\n")
        failed = await gateway.get("/greet?name=7")
        assert (failed.status_code, failed.json()["error"]["type"]) == (502, "ValueError")
        assert (await gateway.get("/greet-later?name=you")).status_code == 202


async def test_an_answer_streams(tmp_path: Path) -> None:
    async with (
        running("20-aws-stream", tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=10) as client,
    ):
        while (await client.head("/story")).status_code == 503:
            pass
        async with client.stream("GET", "/story") as answer:
            words = [part async for part in answer.aiter_text()]
    assert answer.status_code == 200
    assert "".join(words).split()[:3] == ["Once", "there", "was"]
    assert len(words) > 3


async def test_a_role_is_taken_on(tmp_path: Path) -> None:
    async with running("21-aws-role", tmp_path) as gateway:
        while (answer := await gateway.request("POST", "/whoami", json={})).status_code >= 500:
            pass
        assert answer.json() == {"called_with": "ASIAEXAMPLE"}
        written = gateway.folder / "gloo.yaml"
        written.write_text(written.read_text().replace("shop-7", "shop-8"))
        while (await gateway.request("POST", "/whoami", json={})).status_code == 200:
            pass
