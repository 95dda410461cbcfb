"""Stand-ins for upstreams: they keep the request they got, and answer what they are told with their own name."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from gloo.explain.lua_run import Answer
from gloo.explain.request import Request, without_port
from gloo.explain.upstream_answer import BODILESS

NAME_HEADER = "x-gloo-test-upstream"
NOTHING = Answer(200)
_LONGEST_HEAD = 256 * 1024
_COPY = "-shadow"
"""How the host of a mirrored request ends."""


@dataclass(slots=True)
class Recorder:
    """One stand-in.

    Args:
        answer: what it says to each request.
        last: the request that came last, copies for mirrors aside; None before the first.
    """

    upstream: str
    port: int = 0
    answer: Answer = NOTHING
    last: Request | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self._open.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                is_copy = without_port(request.host).endswith(_COPY)
                self.last = self.last if is_copy else request
                writer.write(_written(self.answer, request.method, self.upstream))
                await writer.drain()
        except ConnectionError:
            return  # Envoy went away: there is nobody left to answer
        finally:
            self._open.discard(writer)
            writer.close()

    def close(self) -> None:
        """End all connections."""
        for writer in tuple(self._open):
            writer.close()


@asynccontextmanager
async def recorders(upstreams: Iterable[str]) -> AsyncIterator[dict[str, Recorder]]:
    """Run a stand-in for each of *upstreams*, on ports of their own."""
    async with AsyncExitStack() as stack:
        found = {}
        for name in upstreams:
            recorder = Recorder(name)
            server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=_LONGEST_HEAD)
            stack.callback(server.close)
            stack.callback(recorder.close)
            recorder.port = server.sockets[0].getsockname()[1]
            found[name] = recorder
        yield found


def _written(answer: Answer, method: str, upstream: str) -> bytes:
    """Return *answer* as it goes over the wire, with the name of the *upstream*."""
    length = () if answer.status in BODILESS else (("content-length", str(len(answer.body))),)
    headers = "".join(f"{name}: {value}\r\n" for name, value in (*answer.headers, *length, (NAME_HEADER, upstream)))
    head = f"HTTP/1.1 {answer.status} told\r\n{headers}\r\n".encode("utf-8", "surrogateescape")
    return head if method == "HEAD" else head + answer.body


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("utf-8", "surrogateescape").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    headers = tuple(pair for pair in pairs if pair[0] != "host")
    body = await _body(reader, dict(headers))
    return Request(method, dict(pairs).get("host", ""), target, headers, body)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes | None:
    if headers.get("transfer-encoding", "") != "chunked":
        length = int(headers.get("content-length", 0))
        return await reader.readexactly(length) if length else None
    parts = []
    while size := int((await reader.readline()).partition(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)
