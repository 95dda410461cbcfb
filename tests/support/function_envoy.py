"""One real Envoy with routes that are written as bytes, before an upstream that answers with what it was sent."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from envoy.config.route.v3 import route_components_pb2
from google.protobuf import json_format

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.message import TypedConfig
from gloo.envoy.plain_route import original_path_filter
from gloo.envoy.readable import readable, readable_config
from gloo.envoy.route import Route, RouteMatch, ValueMatch
from gloo.envoy.route_message import route_bytes
from gloo.model.base import Json, Value, replace
from gloo.model.duration import Duration
from gloo.plugins.rest import Rest
from gloo.proxy.binary import find_envoy

_MOMENTARY = ("date", "x-envoy-upstream-service-time")
DEADLINE = 15.0  # seconds; what takes longer is broken
_TYPE = "type.googleapis.com/envoy.extensions.filters"


class _Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body leave apart

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = sorted((name.lower(), value) for name, value in self.headers.items())
        answer = json.dumps([self.command, self.path, headers, body.decode("latin-1")]).encode()
        answer += b" " * int(self.headers.get("x-longer-by", 0))
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer if self.command != "HEAD" else b"")

    do_POST = do_PUT = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class FunctionEnvoy:
    port: int

    def send(self, route: str, sent: "Sent") -> tuple[int, object]:
        """Send a request along *route*; return the status and what the upstream saw, or the answer of a refusal."""
        status, _, content = self.ask(route, sent)
        if status != 200:
            return status, content
        method, path, headers, body = json.loads(content)
        seen = [pair for pair in headers if pair[0] not in ("x-request-id", "x-route")]
        return status, (method, path, seen, body)

    def ask(self, route: str, sent: "Sent") -> tuple[int, Mapping[str, str], bytes]:
        """Send a request along *route*; return the answer: status, headers but those of the moment, body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.putrequest(sent.method, sent.target, skip_host=True, skip_accept_encoding=True)
        for name, value in (("host", "pets.example:80"), ("x-route", route), *sent.headers):
            connection.putheader(name, value.encode("latin-1"))
        connection.putheader("content-length", str(len(sent.body)))
        connection.endheaders(sent.body)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        headers = {name.lower(): value for name, value in response.getheaders() if name.lower() not in _MOMENTARY}
        return response.status, headers, content


class Sent(Value, frozen=True):
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@contextmanager
def running_routes(routes: Sequence[Route], folder: Path) -> Iterator[FunctionEnvoy]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    config, admin = folder / "envoy.json", folder / "admin"
    config.write_text(json.dumps(_bootstrap(routes, upstream.server_port, admin)))
    command = [str(find_envoy()), "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield FunctionEnvoy(_port(admin, process))
    finally:
        process.terminate()
        process.wait(DEADLINE)
        upstream.shutdown()
        thread.join(DEADLINE)
        upstream.server_close()


def _port(admin: Path, process: "subprocess.Popen[bytes]") -> int:
    """Wait until Envoy listens, and return the port it picked."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and process.poll() is None:
        try:
            listeners = json.loads(_listeners(admin))["listener_statuses"]
            return int(listeners[0]["local_address"]["socket_address"]["port_value"])
        except (OSError, KeyError, IndexError, ValueError):
            time.sleep(0.02)  # between two looks
    raise AssertionError(f"Envoy does not listen: {(admin.parent / 'log').read_text()[-2000:]}")


def _listeners(admin: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(admin))
        connection.sendall(b"GET /listeners?format=json HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer[answer.index(b"{") : answer.rindex(b"}") + 1]


def _bootstrap(routes: Sequence[Route], port: int, admin: Path) -> Json:
    endpoint = Endpoint("127.0.0.1", port)
    cluster = Cluster("up", "static", (endpoint,), Duration(5 * 10**9), filters=(original_path_filter(),))
    filters = sorted(Rest().filters(), key=lambda each: (each.stage, each.name))
    chain: list[Json] = [
        {"name": each.name, "disabled": each.disabled, "typed_config": _any(each.config)} for each in filters
    ]
    chain.append({"name": "router", "typed_config": {"@type": f"{_TYPE}.http.router.v3.Router"}})
    manager: Json = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "use_remote_address": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [*map(written_route, routes)]}]},
        "http_filters": chain,
    }
    listener: Json = {
        "address": _address(0),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {
        "layered_runtime": {
            "layers": [{"name": "own", "static_layer": {"re2.max_program_size.error_level": 1_000_000}}]
        },
        "admin": {"address": {"pipe": {"path": str(admin)}}},
        "static_resources": {"listeners": [listener], "clusters": [readable(cluster.resource())]},
    }


def _address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _any(config: TypedConfig) -> Json:
    written = readable_config(config)
    assert isinstance(written, dict)
    return {"@type": config.type_url, **written}


def written_route(route: Route) -> Json:
    """Return *route*, for requests that name it in ``x-route``."""
    named = ValueMatch("x-route", "exact", route.name)
    match = RouteMatch(route.match.path, headers=(named, *route.match.headers))
    message = route_components_pb2.Route.FromString(route_bytes(replace(route, match=match)))
    return json_format.MessageToDict(message, preserving_proto_field_name=True)
