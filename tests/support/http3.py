"""A client that speaks HTTP/3 and asks one thing."""

import asyncio
import ssl
from dataclasses import dataclass, field

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import QuicEvent


@dataclass(slots=True)
class Http3Answer:
    """Headers (``:status`` among them) and body."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def get_http3(port: int, host: str, path: str = "/", *, authority: str) -> Http3Answer:
    """Ask 127.0.0.1 for *path* of *host*; *authority* (PEM) has to have signed its certificate."""
    configuration = QuicConfiguration(
        alpn_protocols=H3_ALPN, server_name=host, cadata=authority.encode(), verify_mode=ssl.CERT_REQUIRED
    )
    async with (
        asyncio.timeout(5),
        connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as client,
    ):
        assert isinstance(client, _Client)
        return await client.get(host, path)


class _Client(QuicConnectionProtocol):
    def __init__(self, quic: QuicConnection, stream_handler: object = None) -> None:
        super().__init__(quic)
        self._http = H3Connection(quic)
        self._answer = Http3Answer()
        self._ended = asyncio.Event()

    async def get(self, host: str, path: str) -> Http3Answer:
        stream = self._quic.get_next_available_stream_id()
        head = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
        self._http.send_headers(stream, [(name.encode(), value.encode()) for name, value in head.items()], True)
        self.transmit()
        await self._ended.wait()
        return self._answer

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self._http.handle_event(event):
            if isinstance(each, HeadersReceived):
                self._answer.headers.update({name.decode(): value.decode() for name, value in each.headers})
            if isinstance(each, DataReceived):
                self._answer.body += each.data
            if isinstance(each, HeadersReceived | DataReceived) and each.stream_ended:
                self._ended.set()
