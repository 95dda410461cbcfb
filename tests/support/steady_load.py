"""Requests at a steady rate, whatever the answers take: a client so small that the rate is kept on a busy machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CONNECTIONS = 8


@dataclass(slots=True)
class Load:
    """What was answered so far: a status for each request, 0 for none."""

    statuses: list[int] = field(default_factory=list)
    took: float = 0.0


@asynccontextmanager
async def steady_load(url: str, *, rate: int, seconds: float) -> AsyncIterator[Load]:
    """Send *rate* requests a second to *url* beside the block, which lasts at least so many *seconds*."""
    loop, load = asyncio.get_running_loop(), Load()
    started = loop.time()
    times = [started + number / rate for number in range(int(rate * seconds))]
    async with asyncio.TaskGroup() as group:
        for first in range(_CONNECTIONS):
            group.create_task(_ask(url, times[first::_CONNECTIONS], load))
        yield load
    load.took = loop.time() - started


async def _ask(url: str, times: list[float], load: Load) -> None:
    """Send a request at each of *times*, on one connection."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode()
    for moment in times:
        await asyncio.sleep(moment - asyncio.get_running_loop().time())
        writer.write(request)
        load.statuses.append(await _status(reader))
    writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next((line for line in head.split("\r\n") if line.startswith("content-length:")), "content-length: 0")
        await reader.readexactly(int(length.partition(":")[2]))
        return int(head.split()[1])
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0
