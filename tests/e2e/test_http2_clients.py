"""Clients of HTTP/2: what one of them does on a connection harms nobody else, and bodies of any length come through."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from tests.e2e.conftest import Gateway
from tests.support.gateway import RunningGateway
from tests.support.recording_upstream import RecordingUpstream, recording_upstream

CONFIG = """
upstreams:
- name: echo
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  service_info: {{type: REST}}
  functions:
  - {{name: copy, spec: {{path: /copy, max_body: 1048576, body: '{{"text": "{{{{ text }}}}"}}'}}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_exact: /function}}
    single_destination: {{function: {{upstream_name: echo, function_name: copy}}}}
  - request_matcher: {{path_exact: /later}}
    single_destination: {{upstream: {{name: echo}}}}
    extensions: {{async: true}}
  - request_matcher: {{path_prefix: /}}
    single_destination: {{upstream: {{name: echo}}}}
"""
OWN = {":method": "POST", ":scheme": "http", ":authority": "x", ":path": "/"}


class Client:
    """A connection that sends what it is told to, also what no client should."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.http = H2Connection(
            H2Configuration(client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False)
        )
        self.http.initiate_connection()

    def events_until(self, stream: int, *kinds: type[Event]) -> list[Event]:
        """Send all that is due, and return what comes until one of *kinds* comes for the *stream*."""
        events: list[Event] = []
        while not any(isinstance(each, kinds) and getattr(each, "stream_id", 0) == stream for each in events):
            events += self._received()
        return events

    def _received(self) -> list[Event]:
        self._connection.sendall(self.http.data_to_send())
        data = self._connection.recv(65536)
        assert data, "the connection was closed"
        events = self.http.receive_data(data)
        for each in events:
            if isinstance(each, DataReceived) and each.flow_controlled_length:
                self.http.acknowledge_received_data(each.flow_controlled_length, each.stream_id)
        self._connection.sendall(self.http.data_to_send())
        return events

    def send(self, stream: int, content: bytes) -> list[Event]:
        """Send all of a body as the gateway takes it, or as much as it takes before it answers."""
        events: list[Event] = []
        while content and not any(isinstance(each, StreamEnded) for each in events):
            room = min(self.http.local_flow_control_window(stream), self.http.max_outbound_frame_size)
            if room > 0:
                self.http.send_data(stream, content[:room], end_stream=len(content) <= room)
                content = content[room:]
                self._connection.sendall(self.http.data_to_send())
            else:
                events += self._received()
        return events

    def answer(self, stream: int, events: Sequence[Event] = ()) -> tuple[int, bytes]:
        """Return status and body; *events* have come already."""
        if not any(isinstance(each, StreamEnded) for each in events):
            events = [*events, *self.events_until(stream, StreamEnded)]
        of_stream = [each for each in events if getattr(each, "stream_id", 0) == stream]
        status = next(int(dict(each.headers)[b":status"]) for each in of_stream if isinstance(each, ResponseReceived))
        return status, b"".join(each.data for each in of_stream if isinstance(each, DataReceived))


@contextmanager
def client(running: RunningGateway) -> Iterator[Client]:
    with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])), timeout=10) as connection:
        yield Client(connection)


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    async with recording_upstream() as found:
        yield found


@pytest.fixture
async def running(tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream) -> AsyncIterator[RunningGateway]:
    (tmp_path / "gloo.yaml").write_text(CONFIG.format(port=upstream.port))
    async with gateway(tmp_path) as found:
        yield found


def _malformed(running: RunningGateway, extra: list[tuple[str, str]]) -> int:
    with client(running) as one:
        one.http.send_headers(1, list(OWN.items()))
        one.http.send_headers(3, [*OWN.items(), *extra], end_stream=True)
        one.events_until(3, StreamReset, StreamEnded)
        one.http.send_data(1, b"whole", end_stream=True)
        return one.answer(1)[0]


@pytest.mark.parametrize("extra", [[("te", "gzip")], [("connection", "close")], [("x-a", "a\x01b")]])
async def test_a_malformed_request_ends_alone(running: RunningGateway, extra: list[tuple[str, str]]) -> None:
    assert await asyncio.to_thread(_malformed, running, extra) == 200


def _with_cookies(running: RunningGateway, count: int) -> int:
    with client(running) as one:
        cookies = [("cookie", f"c{number}=1") for number in range(count)]
        one.http.send_headers(1, [*OWN.items(), *cookies], end_stream=True)
        return one.answer(1)[0]


async def test_each_cookie_may_be_a_header_of_its_own(running: RunningGateway) -> None:
    assert await asyncio.to_thread(_with_cookies, running, 300) == 200


def _limits(running: RunningGateway) -> tuple[int, int]:
    with client(running) as one:
        one.http.send_headers(1, list(OWN.items()), end_stream=True)
        one.answer(1)
        settings = one.http.remote_settings
        return settings.initial_window_size, settings.max_concurrent_streams


async def test_a_connection_has_a_hundred_streams_of_a_mebibyte_ahead(running: RunningGateway) -> None:
    assert await asyncio.to_thread(_limits, running) == (2**20, 100)


def _posted(running: RunningGateway, path: str, content: bytes) -> int:
    with client(running) as one:
        one.http.send_headers(1, list({**OWN, ":path": path}.items()))
        return one.answer(1, one.send(1, content))[0]


async def test_bodies_of_any_length_come_through(running: RunningGateway, upstream: RecordingUpstream) -> None:
    text = b"y" * (2**20 - 20)
    cases = (
        ("/long", b"x" * (5 * 2**20), 200),
        ("/function", b'{"text": "%s"}' % text, 200),
        ("/function", b'{"text": "%s"}' % (3 * text), 413),
        ("/later", b"z" * (7 * 2**20), 202),
    )
    for path, content, status in cases:
        assert await asyncio.to_thread(_posted, running, path, content) == status
    assert len((await upstream.wait_asked("long")).body) == 5 * 2**20
    assert len((await upstream.wait_asked("later")).body) == 7 * 2**20
