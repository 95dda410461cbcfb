"""A real Envoy that runs programs, and an upstream that answers with the request it got."""

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
from typing import Any

from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER
from gloo.functions import Program, answers_runtime_source, runtime_source
from gloo.functions.limits import MOST_MADE
from gloo.proxy.binary import find_envoy

DEADLINE = 15.0  # seconds; what takes longer is broken
TYPE = "type.googleapis.com/envoy.extensions.filters"


@dataclass(frozen=True, slots=True)
class Echo:
    """What came back: the status, its headers, and the request as the upstream saw it or an error of the gateway."""

    status: int
    headers: Mapping[str, str]
    content: Mapping[str, object]

    @property
    def body(self) -> bytes:
        return str(self.content["body"]).encode("latin-1")

    @property
    def error(self) -> Mapping[str, object]:
        """What a refusal says."""
        error = self.content["error"]
        assert isinstance(error, dict)
        return error


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the client gets it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "x-answer" in headers:
            self._answer(json.loads(headers["x-answer"]))
            return
        seen = {"method": self.command, "path": self.path, "headers": headers, "body": body.decode("latin-1")}
        answer = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def _answer(self, wanted: Mapping[str, Any]) -> None:
        """Answer with the status, headers and body, so many times over, that the client wrote into ``x-answer``."""
        body = str(wanted.get("body", "")).encode("latin-1") * int(wanted.get("times", 1))
        self.send_response(int(wanted.get("status", 200)))
        for name, value in wanted.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and wanted.get("status") not in (204, 304):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is asserted."""


@dataclass(frozen=True, slots=True)
class EnvoyGateway:
    """A running Envoy; the header ``x-program`` chooses the program by its position."""

    port: int
    admin: Path

    def count(self, name: str) -> int:
        """Return what Envoy has counted under *name*; 0 for what never was."""
        found = _ask(self.admin, f"/stats?format=json&filter=^{name}$")
        return next((int(each["value"]) for each in json.loads(found)["stats"] if each.get("name") == name), 0)

    def send(
        self,
        program: int,
        target: str,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Echo:
        """Send a request; *target* goes out as it is."""
        answer = self.ask(program, target, method=method, headers=headers, body=body)
        return Echo(answer.status, answer.headers, json.loads(answer.body))

    def ask(
        self,
        program: int,
        target: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """The same, for an answer that is not an echo."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        sent = {"x-program": str(program), **(headers or {})}
        if body:
            sent["content-length"] = str(len(body))
        connection.request(method, target, body or None, sent)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)


@contextmanager
def envoy_gateway(programs: Sequence[Program], folder: Path) -> Iterator[EnvoyGateway]:
    """Run Envoy with *programs*, its files in *folder*."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    config, admin = folder / "envoy.json", folder / "admin"
    config.write_text(json.dumps(_bootstrap(programs, upstream.server_port, admin)))
    command = [str(find_envoy()), "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn"]
    with (folder / "log").open("wb") as log:
        envoy = subprocess.Popen(command, stderr=log)
    try:
        yield EnvoyGateway(port_of(admin, envoy), admin)
    finally:
        envoy.terminate()
        envoy.wait(DEADLINE)
        upstream.shutdown()
        thread.join(DEADLINE)
        upstream.server_close()


def port_of(admin: Path, envoy: "subprocess.Popen[bytes]") -> int:
    """Wait until Envoy listens, and return the port it picked."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if envoy.poll() is not None:
            raise AssertionError(f"Envoy ended: {(admin.parent / 'log').read_text()[-2000:]}")
        try:
            listeners = json.loads(_ask(admin, "/listeners?format=json"))["listener_statuses"]
            return int(listeners[0]["local_address"]["socket_address"]["port_value"])
        except (OSError, KeyError, IndexError, ValueError):
            time.sleep(0.02)  # between two looks
    raise AssertionError("Envoy does not listen")


def _ask(admin: Path, path: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(admin))
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer[answer.index(b"{") : answer.rindex(b"}") + 1]


def _bootstrap(programs: Sequence[Program], port: int, admin: Path) -> object:
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    cluster = {"name": "up", "type": "STATIC", "load_assignment": {"cluster_name": "up", "endpoints": endpoints}}
    routes = [_route(index, program) for index, program in enumerate(programs)]
    manager = {
        "@type": f"{TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            _lua(LUA_FILTER, runtime_source()),
            _lua(ANSWERS_FILTER, answers_runtime_source()),
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{TYPE}.http.router.v3.Router"}},
        ],
    }
    filters = [{"filters": [{"name": "http", "typed_config": manager}]}]
    listener = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}, "filter_chains": filters}
    return {
        "admin": {"address": {"pipe": {"path": str(admin)}}},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }


def _route(index: int, program: Program) -> object:
    match = {"prefix": "/", "headers": [{"name": "x-program", "string_match": {"exact": str(index)}}]}
    names = (LUA_FILTER, ANSWERS_FILTER) if program.answers else (LUA_FILTER,)
    own = {name: _per_route(program) for name in names}
    cluster = {"name": "up", "weight": 1, "typed_per_filter_config": own}
    route = {"weighted_clusters": {"clusters": [cluster]}}
    return {"match": match, "route": route, "request_body_buffer_limit": MOST_MADE}


def _lua(name: str, script: str) -> object:
    config = {"@type": f"{TYPE}.http.lua.v3.Lua", "clear_route_cache": False}
    return {"name": name, "typed_config": {**config, "source_codes": {"gloo": {"inline_string": script}}}}


def _per_route(program: Program) -> object:
    return {
        "@type": f"{TYPE}.http.lua.v3.LuaPerRoute",
        "name": "gloo",
        "filter_context": {"id": program.id, "source": program.source},
    }
