"""A gateway whose configuration a test exchanges at will, and a client that sends just what it is told."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_ports

DEADLINE = 20.0  # seconds; what takes longer is broken


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """One connection, opened afresh when the other side has closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection: socket.socket | None = None

    def ask(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes = b"") -> Reply:
        """Send one request, word for word; *headers* hold the host."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        length = f"content-length: {len(body)}\r\n" if body else ""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
        self._connection.sendall(f"{method} {target} HTTP/1.1\r\n{lines}{length}\r\n".encode() + body)
        reply = self._read(self._connection, method)
        if reply.headers.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _read(self, connection: socket.socket, method: str) -> Reply:
        received = b""
        while b"\r\n\r\n" not in received:
            received += _more(connection)
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        while len(rest) < length:
            rest += _more(connection)
        return Reply(int(first.split(" ", 2)[1]), headers, rest)


def _more(connection: socket.socket) -> bytes:
    if not (received := connection.recv(1 << 16)):
        raise ConnectionResetError("the gateway closed the connection")
    return received


@dataclass(slots=True)
class LiveConfig:
    """A running gateway and the folder that it watches."""

    folder: Path
    client: Client
    generation: int = 0

    def publish(self, config: Mapping[str, object]) -> None:
        """Make *config* the whole configuration, and wait until it is live."""
        self.generation += 1
        mark = {"status": 200, "headers": {"x-generation": str(self.generation)}}
        routes = [{"request_matcher": {}, "extensions": {"direct_response": mark}}]
        service = {"name": "generation", "domains": ["generation.test"], "routes": routes}
        services = config.get("virtual_services", [])
        assert isinstance(services, list)
        whole = {**config, "virtual_services": [*services, service]}
        written = self.folder / ".written"
        written.write_text(json.dumps(whole))
        written.rename(self.folder / "config.yaml")
        end = time.monotonic() + DEADLINE
        while self._live() != str(self.generation):
            assert time.monotonic() < end, "the configuration does not arrive"
            time.sleep(0.005)  # between two looks

    def _live(self) -> str | None:
        return self.client.ask("GET", "/", (("host", "generation.test"),)).headers.get("x-generation")


@contextmanager
def live_config(folder: Path) -> Iterator[LiveConfig]:
    """Run a gateway on *folder*, a new one, during the block."""
    folder.mkdir()
    (folder / "config.yaml").write_text("virtual_services: []\n")
    port, https_port = free_ports(2)
    ports = ("--bind", "127.0.0.1", "--http-port", str(port), "--https-port", str(https_port))
    command = (str(Path(sys.executable).with_name("gloo")), "run", str(folder), "--concurrency", "1", *ports)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLOO_")}
    with (folder.parent / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    client = Client(port)
    try:
        assert process.stdout is not None
        assert b"ready" in process.stdout.readline(), (folder.parent / "log").read_text()
        yield LiveConfig(folder, client)
    finally:
        client.close()
        process.terminate()
        process.communicate(timeout=DEADLINE)
