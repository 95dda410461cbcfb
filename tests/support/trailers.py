"""Requests of HTTP/2 with trailers, which libraries for tests do not send."""

import socket
from collections.abc import Mapping

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset

DEADLINE = 10.0


def with_trailers(port: int, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
    """Send a POST, its *body* in a frame of its own if it is not None, and trailers; return the status and the body."""
    own = {":method": "POST", ":scheme": "http", ":authority": "x", **headers}
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        client.send_headers(1, list(own.items()))
        if body is not None:
            client.send_data(1, body)
        client.send_headers(1, [("x-trailer", "1")], end_stream=True)
        connection.sendall(client.data_to_send())
        return _answer(connection, client)


def _answer(connection: socket.socket, client: H2Connection) -> tuple[int, bytes]:
    status, found = 0, b""
    while data := connection.recv(65536):
        for event in client.receive_data(data):
            if isinstance(event, ResponseReceived):
                status = int(dict(event.headers)[b":status"])
            elif isinstance(event, DataReceived):
                found += event.data
            elif isinstance(event, StreamEnded):
                return status, found
            assert not isinstance(event, StreamReset), f"the stream was reset: {event.error_code}"
        connection.sendall(client.data_to_send())
    raise AssertionError("the connection was closed")
