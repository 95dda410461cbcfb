"""Run the petstore as a child process for the length of a block."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gloo.errors import ProxyError

_STOP = 3.0  # seconds for it to end after SIGTERM


@asynccontextmanager
async def running_petstore(port: int = 0) -> AsyncIterator[int]:
    """Yield the port of a petstore on 127.0.0.1 that ends with the block, and with us if we are killed.

    Args:
        port: where it is to listen; 0 picks a free port.

    Raises:
        ProxyError: it can't be started, for example because the port is taken.
    """
    arguments = ("-m", "gloo.demo.petstore", "--port", str(port), "--parent", str(os.getpid()))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        yield await _port_of(process)
    finally:
        await _stop(process)


async def _port_of(process: Process) -> int:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        assert process.stderr is not None
        said = (await process.stderr.read()).decode(errors="replace").strip()
        raise ProxyError(f"the petstore did not start: {said.removeprefix('petstore: ')}")
    return int(line)


async def _stop(process: Process) -> None:
    try:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(_STOP):
                await process.wait()
    except TimeoutError:
        process.kill()
    finally:
        await process.wait()
