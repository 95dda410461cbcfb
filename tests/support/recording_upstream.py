"""An upstream that keeps what it is asked, says it in its answers, and fails on demand."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

NEVER = 0
"""In a script: no answer at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def route(self) -> str:
        """The first segment of the path."""
        return self.path.split("/")[1].split("?")[0]


@dataclass(slots=True)
class RecordingUpstream:
    """What it was asked, by the first segment of the path, and the statuses of its next answers likewise."""

    port: int = 0
    asked: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    script: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def wait_asked(self, route: str) -> Asked:
        """Wait for the first request of *route*, ten seconds at most."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: self.asked[route])
        return self.asked[route][0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        task.add_done_callback(self.connections.discard)
        try:
            while asked := await _read(reader):
                async with self.arrived:
                    self.asked[asked.route].append(asked)
                    self.arrived.notify_all()
                status = self.script[asked.route].pop(0) if self.script[asked.route] else 200
                if status == NEVER:
                    await reader.read()  # until Envoy gives up
                    break
                writer.write(_answer(asked, status))
                await writer.drain()
        except ConnectionError:
            pass  # a client that goes away is part of the game
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    method, path, _ = first.split(" ")
    length = next((int(value) for name, value in headers if name == "content-length"), 0)
    body = await reader.readexactly(length) if length else await _chunks(reader, headers)
    return Asked(method, path, headers, body.decode())


async def _chunks(reader: asyncio.StreamReader, headers: tuple[tuple[str, str], ...]) -> bytes:
    body = b""
    if ("transfer-encoding", "chunked") in headers:
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    return body


def _answer(asked: Asked, status: int) -> bytes:
    seen = {"method": asked.method, "path": asked.path, "headers": asked.headers, "body": asked.body}
    body = json.dumps(seen).encode()
    lines = f"content-type: application/json\r\nx-powered-by: test\r\nx-kept: upstream\r\ncontent-length: {len(body)}"
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n\r\n".encode() + body


@asynccontextmanager
async def recording_upstream() -> AsyncIterator[RecordingUpstream]:
    """Run one on a free port for the length of a block."""
    upstream = RecordingUpstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
        for task in (open_ones := tuple(upstream.connections)):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
