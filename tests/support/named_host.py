"""A host of an upstream that says its name, tells what it saw, and behaves as the test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.support.authority import Issued

HEALTH = "/healthz"
PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
"""The first bytes of the PROXY protocol, version 2."""


@dataclass(slots=True)
class NamedHost:
    """One HTTP/1.1 server.

    Args:
        name: its answer to every request.
        status: the status of its answers.
        health: the status of its answers to `HEALTH`.
        gate: no answer before this is set.
        asked: the `host` header of each request but those to `HEALTH`.
        checked: the `host` header of each request to `HEALTH`.
        connections: how many were made, those for `HEALTH` too.
        preambles: what came ahead of the first request of each connection that starts by the PROXY protocol.
        sni: the names that TLS clients asked for, None for none.
        clients: the subjects of their certificates.
    """

    name: str
    port: int = 0
    status: int = 200
    health: int = 200
    gate: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    connections: int = 0
    preambles: list[bytes] = field(default_factory=list)
    sni: list[str | None] = field(default_factory=list)
    clients: list[object] = field(default_factory=list)
    _idle: set[asyncio.StreamWriter] = field(default_factory=set)

    def close_idle(self) -> None:
        """Close the connections that wait for a request."""
        for writer in self._idle:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if (tls := writer.get_extra_info("ssl_object")) is not None and (certificate := tls.getpeercert()):
            self.clients.append(certificate["subject"])
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that goes away is part of the game
        finally:
            self._idle.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await self._past_preamble(reader)
        while True:
            path, host = head.split(b" ")[1].decode(), _host_of(head)
            (self.checked if path == HEALTH else self.asked).append(host)
            if self.gate is not None and path != HEALTH:
                await self.gate.wait()
            status = self.health if path == HEALTH else self.status
            writer.write(f"HTTP/1.1 {status} Said\r\ncontent-length: {len(self.name)}\r\n\r\n{self.name}".encode())
            await writer.drain()
            self._idle.add(writer)
            head = await reader.readuntil(b"\r\n\r\n")
            self._idle.discard(writer)

    async def _past_preamble(self, reader: asyncio.StreamReader) -> bytes:
        start = await reader.readexactly(6)
        if start == b"PROXY ":
            self.preambles.append(start + await reader.readuntil(b"\r\n"))
        elif PROXY_V2.startswith(start):
            rest = await reader.readexactly(10)
            self.preambles.append(start + rest + await reader.readexactly(int.from_bytes(rest[-2:], "big")))
        else:
            return start + await reader.readuntil(b"\r\n\r\n")
        return await reader.readuntil(b"\r\n\r\n")


def _host_of(head: bytes) -> str:
    lines = head.decode().lower().split("\r\n")
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("host:"))


@asynccontextmanager
async def named_host(host: NamedHost, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[NamedHost]:
    """Run *host* on a free port of 127.0.0.1 for the length of a block."""
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: host.sni.append(name)
    async with serving(host, tls):
        yield host


class Host(Protocol):
    """What talks on each connection that is made to *port*."""

    port: int

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...


@asynccontextmanager
async def serving(host: Host, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    """Listen on a free port of 127.0.0.1 for the length of a block, and tell *host* which."""
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        await host.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def server_tls(pair: Issued, folder: Path, *, client_ca: str = "") -> ssl.SSLContext:
    """Return TLS with *pair*; with *client_ca* clients must show a certificate that it signed."""
    chain = folder / "server.pem"
    chain.write_text(pair.certificate + pair.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca)
    return context
