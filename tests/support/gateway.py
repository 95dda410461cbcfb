"""A whole gateway as its user runs it: `gloo run DIR` in a process of its own, on free ports."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx
from tests.support.ports import free_ports

READY_WITHIN = 20.0  # seconds; it takes under one on an idle machine
STOPPED_WITHIN = 15.0
_ADDRESS = re.compile(r"https?://[^\s,]+")


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that is ready.

    Args:
        folder: its configuration, to be edited while it runs.
        url: where clients reach it, without a final slash.
        process: the process of `gloo run`.
        log: what it writes to standard error.
    """

    folder: Path
    url: str
    process: Process
    log: Path

    async def get(self, path: str, **options: object) -> httpx.Response:
        """Send one GET request on a connection of its own."""
        return await self.request("GET", path, **options)

    async def request(self, method: str, path: str, **options: object) -> httpx.Response:
        """Send one request; *options* as `httpx.AsyncClient.request` has them."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False) as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]  # passed on as they come


@asynccontextmanager
async def running_gateway(
    folder: Path, *arguments: str, variables: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[RunningGateway]:
    """Run ``gloo run FOLDER`` on free ports for the length of a block.

    *arguments* are further options of it, *variables* further ones of its environment.
    """
    port, https_port = free_ports(2)
    command = ("run", str(folder), "--bind", "127.0.0.1", "--http-port", str(port), "--https-port", str(https_port))
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("gloo"),
            *command,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=errors,
            env={**_environment(), **variables},
        )
    try:
        yield RunningGateway(folder, await _ready(process, log), process, log)
    finally:
        await _stop(process)


def _environment() -> dict[str, str]:
    """Return ours without settings of gloo, so that a developer's own do not change the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GLOO_")}


async def _ready(process: Process, log: Path) -> str:
    """Return the address in the line that says that it is ready."""
    assert process.stdout is not None
    async with asyncio.timeout(READY_WITHIN):
        while line := (await process.stdout.readline()).decode():
            if "ready" in line and (found := _ADDRESS.search(line)):
                return found[0].rstrip("/")
    raise AssertionError(f"gloo run ended before it was ready, see {log}")


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(STOPPED_WITHIN):
            await process.communicate()
    except TimeoutError:
        process.kill()
        raise
