"""Requests and answers of HTTP/2 with trailers, which libraries for tests neither send nor show."""

import socket
from collections.abc import Mapping

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

DEADLINE = 10.0


def with_trailers(port: int, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
    """Send a POST, its *body* in a frame of its own if it is not None, and trailers; return the status and the body."""
    status, content, _ = _asked(port, headers, body, [("x-trailer", "1")])
    return status, content


def answered(port: int, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
    """Send a POST; return the status, the body and the trailers of its answer."""
    return _asked(port, headers, body, [])


def _asked(
    port: int, headers: Mapping[str, str], body: bytes | None, trailers: list[tuple[str, str]]
) -> tuple[int, bytes, Mapping[str, str]]:
    own = {":method": "POST", ":scheme": "http", ":authority": "x", **headers}
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        client.send_headers(1, list(own.items()))
        if body is not None:
            client.send_data(1, body, end_stream=not trailers)
        if trailers:
            client.send_headers(1, trailers, end_stream=True)
        connection.sendall(client.data_to_send())
        return _answer(connection, client)


def _answer(connection: socket.socket, client: H2Connection) -> tuple[int, bytes, Mapping[str, str]]:
    status, found, trailers = 0, b"", dict[str, str]()
    while data := connection.recv(65536):
        for event in client.receive_data(data):
            if isinstance(event, ResponseReceived):
                status = int(dict(event.headers)[b":status"])
            elif isinstance(event, DataReceived):
                found += event.data
            elif isinstance(event, TrailersReceived):
                trailers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, StreamEnded):
                return status, found, trailers
            assert not isinstance(event, StreamReset), f"the stream was reset: {event.error_code}"
        connection.sendall(client.data_to_send())
    raise AssertionError("the connection was closed")
