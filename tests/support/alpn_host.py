"""A host with TLS that speaks HTTP/2 or HTTP/1.1, as ALPN agreed, and tells which it was."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
from tests.support.named_host import HEALTH, serving

HTTP1, HTTP2 = "http/1.1", "h2"


@dataclass(slots=True)
class AlpnHost:
    """Answers every request with the protocol that it came by.

    Args:
        asked: the protocol of each request but those to `HEALTH`.
        checked: the protocol of each request to `HEALTH`.
        connections: how many were made.
    """

    port: int = 0
    asked: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        try:
            if agreed == HTTP2:
                await self._speak_http2(reader, writer)
            else:
                await self._speak_http1(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that goes away is part of the game
        finally:
            writer.close()

    def _note(self, path: str, protocol: str) -> None:
        (self.checked if path == HEALTH else self.asked).append(protocol)

    async def _speak_http1(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not head.startswith("GET "):
                return  # as it is when HTTP/2 was not agreed on, and spoken all the same
            self._note(head.split(" ")[1], HTTP1)
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(HTTP1)}\r\n\r\n{HTTP1}".encode())
            await writer.drain()

    async def _speak_http2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        talk.initiate_connection()
        writer.write(talk.data_to_send())
        while data := await reader.read(65536):
            for event in talk.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self._note(dict(event.headers)[b":path"].decode(), HTTP2)
                    talk.send_headers(event.stream_id, [(":status", "200")])
                    talk.send_data(event.stream_id, HTTP2.encode(), end_stream=True)
            writer.write(talk.data_to_send())
            await writer.drain()


@asynccontextmanager
async def alpn_host(tls: ssl.SSLContext, *protocols: str) -> AsyncIterator[AlpnHost]:
    """Run a host that takes *protocols*, best first, on a free port of 127.0.0.1 for the length of a block."""
    if protocols:
        tls.set_alpn_protocols(protocols)
    host = AlpnHost()
    async with serving(host, tls):
        yield host
