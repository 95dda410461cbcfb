"""A real Envoy whose route table a test exchanges at will, and a client that asks many questions at once.

Every route answers by itself, with its position in the table as a header; the table is served from a file (RDS), so a
new one costs milliseconds and no restart.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.config.route.v3.route_components_pb2 import DirectResponseAction, Route, RouteMatch, VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.service.discovery.v3.discovery_pb2 import DiscoveryResponse

from gloo.proxy.binary import find_envoy

CHOSEN = b"x-chosen: "
REFUSED = " update rejected: "
CONNECTIONS = 20
DEADLINE = 10.0  # seconds; what takes longer is broken


@dataclass(frozen=True, slots=True)
class Question:
    """One request; the host is added for each form of the table."""

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, host: str) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in (("host", host), *self.headers))
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, and the position of the route that gave it; None where none did."""

    status: int
    chosen: int | None


def answering(match: RouteMatch, index: int) -> bytes:
    """Serialise a route that answers with its *index*."""
    chosen = HeaderValueOption(header=HeaderValue(key="x-chosen", value=str(index)))
    direct = DirectResponseAction(status=200)
    route = Route(match=match, direct_response=direct, response_headers_to_add=[chosen])
    serialised: bytes = route.SerializeToString(deterministic=True)
    return serialised


@dataclass(slots=True)
class RouteEnvoy:
    """A running Envoy with two listeners on one route table; the second one normalises paths first."""

    folder: Path
    ports: tuple[int, int]
    process: subprocess.Popen[bytes]
    generation: int = 0
    refused: int = 0
    connections: dict[tuple[int, int], socket.socket] = field(default_factory=dict)

    def publish(self, **forms: bytes) -> None:
        """Serve each form (those fields of a virtual host that hold its routes) at the host of its name."""
        self.generation += 1
        self.refused = (self.folder / "log").read_text().count(REFUSED)
        current = answering(RouteMatch(prefix="/"), self.generation)
        hosts = [VirtualHost(name="generation", domains=["generation"], routes=[Route.FromString(current)])]
        for name, fields in forms.items():
            host = VirtualHost(name=name, domains=[name])
            host.MergeFromString(fields)
            hosts.append(host)
        _write_routes(self.folder, self.generation, hosts)
        self._wait()

    def ask(self, questions: Sequence[Question], host: str, *, normalised: bool = False) -> list[Answer]:
        """Ask *questions*, and return the answers in their order.

        One at a time on each connection: of requests in a pipeline Envoy 1.40 answers two, then waits for more input.
        """
        port = self.ports[normalised]
        return [
            answer
            for start in range(0, len(questions), CONNECTIONS)
            for answer in self._ask_each(questions[start : start + CONNECTIONS], host, port)
        ]

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()
        self.process.kill()
        self.process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + DEADLINE
        while not (self._serves(normalised=False) and self._serves(normalised=True)):
            assert self.process.poll() is None, "Envoy ended"
            log = (self.folder / "log").read_text()
            assert log.count(REFUSED) == self.refused, log.rpartition(REFUSED)[2]
            assert time.monotonic() < end, "the table does not arrive"
            time.sleep(0.001)

    def _serves(self, *, normalised: bool) -> bool:
        """Say whether the current table is the one that answers."""
        try:
            answers = self.ask([Question("/")], "generation", normalised=normalised)
        except ConnectionError:
            return False  # it does not listen yet
        return answers[0].chosen == self.generation

    def _ask_each(self, questions: Sequence[Question], host: str, port: int) -> list[Answer]:
        """Ask each of *questions* on its own connection."""
        for slot, question in enumerate(questions):
            if (port, slot) not in self.connections:
                self.connections[port, slot] = socket.create_connection(("127.0.0.1", port), DEADLINE)
            self.connections[port, slot].sendall(question.encode(host))
        return [self._read(port, slot) for slot in range(len(questions))]

    def _read(self, port: int, slot: int) -> Answer:
        """Read one answer; none has a body but those after which Envoy closes the connection."""
        received = b""
        while b"\r\n\r\n" not in received:
            if not (more := self.connections[port, slot].recv(1 << 16)):
                raise ConnectionResetError(f"no answer but {received!r}")
            received += more
        if b"\r\nconnection: close" in received:
            self.connections.pop((port, slot)).close()
        status = int(received.split(b" ", 2)[1])
        _, found, rest = received.partition(CHOSEN)
        return Answer(status, int(rest.split(b"\r\n", 1)[0]) if found else None)


@contextmanager
def running_envoy(folder: Path) -> Iterator[RouteEnvoy]:
    """Start an Envoy in *folder*, and end it."""
    with ExitStack() as held:
        sockets = [held.enter_context(_listening()) for _ in range(2)]
        ports = (sockets[0].getsockname()[1], sockets[1].getsockname()[1])
    _write_routes(folder, 0, [])
    (folder / "bootstrap.json").write_text(json.dumps(_bootstrap(folder, ports)))
    arguments = ["--use-dynamic-base-id", "--concurrency", "1", "-l", "warning", "-c", str(folder / "bootstrap.json")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([find_envoy(), *arguments], stdout=log, stderr=log)
    envoy = RouteEnvoy(folder, ports, process)
    try:
        yield envoy
    finally:
        envoy.close()


def _listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _write_routes(folder: Path, generation: int, hosts: Sequence[VirtualHost]) -> None:
    response = DiscoveryResponse(version_info=str(generation))
    response.resources.add().Pack(RouteConfiguration(name="routes", virtual_hosts=hosts))
    written = folder / "written.pb"
    written.write_bytes(response.SerializeToString(deterministic=True))
    shutil.move(written, folder / "routes.pb")


def _bootstrap(folder: Path, ports: tuple[int, int]) -> dict[str, object]:
    listeners = [_listener(folder, port, normalise) for port, normalise in zip(ports, (False, True), strict=True)]
    return {"node": {"id": "test", "cluster": "test"}, "static_resources": {"listeners": listeners}}


def _listener(folder: Path, port: int, normalise: bool) -> dict[str, object]:
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "test",
        "normalize_path": normalise,
        "merge_slashes": normalise,
        "rds": {
            "route_config_name": "routes",
            "config_source": {"path_config_source": {"path": str(folder / "routes.pb")}, "resource_api_version": "V3"},
        },
        "http_filters": [{"name": "router", "typed_config": {"@type": _ROUTER}}],
    }
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }


_MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
