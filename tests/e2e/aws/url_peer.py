"""A Function URL for the tests: a double of AWS's documents that streams, and checks signatures with botocore.

The first part of an answer is sent at once, the second when the test says so. A request with a bad signature gets the
403 that AWS gives.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.e2e.aws.lambda_peer import signer

FIRST, SECOND = b"data: one\n\n", b"data: two\n\n"


@dataclass(frozen=True, slots=True)
class UrlCall:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    signed: bool


@dataclass(slots=True)
class UrlPeer:
    """What was asked, and when the rest of an answer may go."""

    port: int = 0
    open_to_all: bool = False
    keys: dict[str, str] = field(default_factory=lambda: {"AKIDTEST": "test-secret"})
    calls: list[UrlCall] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def url_peer() -> Iterator[UrlPeer]:
    """Run one on a free port for the length of a block."""
    peer = UrlPeer()

    class Function(_Function):
        known = peer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
    peer.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, name="function url")
    thread.start()
    try:
        yield peer
    finally:
        peer.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Function(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    known: UrlPeer

    def do_GET(self) -> None:
        body = b"".join(self._parts())
        headers = {name.lower(): value for name, value in self.headers.items()}
        environ = {"REQUEST_METHOD": self.command, "REQUEST_URI": self.path}
        told = headers.get("x-amz-content-sha256") == hashlib.sha256(body).hexdigest()
        good = told and signer(environ, headers, body, self.known.keys) is not None
        self.known.calls.append(UrlCall(self.command, self.path, headers, body, good))
        self.send_response(200 if good or self.known.open_to_all else 403)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._send(FIRST)
        self.known.go_on.wait(20)
        self._send(SECOND)
        self._send(b"")

    do_POST = do_GET

    def _parts(self) -> Iterator[bytes]:
        if self.headers.get("transfer-encoding") != "chunked":
            yield self.rfile.read(int(self.headers.get("content-length", 0)))
            return
        while length := int(self.rfile.readline(), 16):
            yield self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, part: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.flush()

    def log_message(self, *arguments: object) -> None:
        """Write nothing."""
