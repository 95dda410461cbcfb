"""Keeping one worker: takeover, crash, and a file that no process survives."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.support.local_functions import worker_of, write_functions

from gloo.local_functions.keeper import Keeper
from gloo.local_functions.orders import FUNCTION_HEADER, Report
from gloo.plugins.local import socket_of

PID = "import os\ndef f(event, context): return os.getpid()\n"


@asynccontextmanager
async def kept(tmp_path: Path, code: str, reports: list[Report]) -> AsyncIterator[Keeper]:
    """Keep a worker for *code* during the block, which begins after the first attempt to start it."""
    folder = write_functions(tmp_path / "config", code, f="lambda")
    keeper = Keeper(worker_of(f="lambda"), folder=folder, place=tmp_path, tell=reports.append)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        task = group.create_task(keeper.run())
        await keeper.attempted.wait()
        yield keeper
        task.cancel()


async def call(tmp_path: Path) -> int:
    transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / socket_of("local")))
    async with httpx.AsyncClient(transport=transport, base_url="http://a", timeout=10) as client:
        answer: int = (await client.get("/", headers={FUNCTION_HEADER: "f"})).json()
        return answer


async def test_a_request_waits_for_the_process_that_follows_a_crash(tmp_path: Path) -> None:
    async with kept(tmp_path, PID, []):
        first = await call(tmp_path)
        os.kill(first, signal.SIGKILL)
        for _ in range(100):
            try:
                second = await call(tmp_path)
            except httpx.TransportError:  # it was the dying one's
                continue
            if second != first:
                break
        assert second != first


async def test_the_socket_is_gone_when_a_worker_is_kept_no_more(tmp_path: Path) -> None:
    async with kept(tmp_path, PID, []):
        assert (tmp_path / socket_of("local")).exists()
    assert not (tmp_path / socket_of("local")).exists()


async def test_a_look_at_unchanged_code_starts_nothing_and_at_changed_code_a_new_worker(tmp_path: Path) -> None:
    reports: list[Report] = []
    async with kept(tmp_path, PID, reports) as keeper:
        first = await call(tmp_path)
        keeper.look()
        assert await call(tmp_path) == first
        (tmp_path / "config" / "code.py").write_text(f"{PID}# changed\n")
        keeper.look()
        while await call(tmp_path) == first:
            pass
    assert reports == [Report(loaded=True)] * 2


async def test_a_file_that_kills_each_process_is_tried_again_and_healed_by_an_edit(tmp_path: Path) -> None:
    reports: list[Report] = []
    async with kept(tmp_path, "import os\nos._exit(3)\n", reports) as keeper:
        assert not reports[0].loaded
        (tmp_path / "config" / "code.py").write_text(PID)
        keeper.look()
        while not reports[-1].loaded:  # noqa: ASYNC110 - the report is told by a call
            await asyncio.sleep(0.01)
        assert await call(tmp_path) > 0
