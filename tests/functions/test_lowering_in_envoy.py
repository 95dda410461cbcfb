"""What Envoy does natively for a function is what the function's whole program does: all forms in one real Envoy."""

import json
import random
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

import msgspec
import pytest
from envoy.config.route.v3 import route_components_pb2
from google.protobuf import json_format

from gloo.envoy.function_headers import function_headers_filter
from gloo.envoy.lua import LUA_FILTER, lua_program
from gloo.envoy.message import TypedConfig
from gloo.envoy.readable import readable_config
from gloo.envoy.route import FilterConfigs, Forward, PathMatch, Route, RouteMatch, Target, ValueMatch
from gloo.envoy.route_message import route_bytes
from gloo.envoy.route_policy import HashPolicy
from gloo.functions import compile_function
from gloo.model.base import Json
from gloo.plugins.base import FunctionCall
from gloo.plugins.rest import Rest, RestExtension, RestFunction, parameters_of, template_of
from gloo.proxy.binary import find_envoy

DEADLINE = 15.0  # seconds; what takes longer is broken
_TYPE = "type.googleapis.com/envoy.extensions.filters"
PARAMETERS = {"query": {"id": "{id}"}}
REQUESTS = 15  # to each function

FUNCTIONS: tuple[Mapping[str, str], ...] = (
    {"x-version": "2", "user-agent": "gloo/1 (100%)"},
    {"authorization": "", "x-none": "", "accept": "{# nothing #}"},
    {"content-type": "text/plain; charset=utf-8", "accept": "*/*"},
    {"x-a": "{{ header('user-agent') }}", "x-b": "<{{ header('authorization') }}>", "x-c": "{{ header('accept') }}"},
    {"x-a": "{{ header('origin') }}{{ header('referer') }}", "user-agent": "{{ header('content-type') }}"},
    {"x-a": "{{ method }}", "x-b": "{{ scheme }}://{{ authority }}/%", "x-version": "2"},
    {":method": "PUT", "x-a": "{{ method }}", "x-b": "{{ authority }}", "x-version": "2"},
    {"x-a": "{{ id }}", "x-b": "{{ header('x-a') }}", "x-version": "2"},
    {"user-agent": "mine", "x-a": "{{ header('user-agent') }}", "x-forwarded-for": "192.0.2.1"},
)
PATHS = (None, "/fixed?a=b", "/pets/{{ id }}")


class _Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = sorted((name.lower(), value) for name, value in self.headers.items())
        answer = json.dumps([self.command, self.path, headers, body.decode("latin-1")]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def both_forms(headers: Mapping[str, str], path: str | None) -> tuple[FilterConfigs, FilterConfigs]:
    """What the plugin says to the filters for a function, and what it would say if nothing were lowered."""
    function = RestFunction(path=path, headers=headers)
    extension = msgspec.convert({"parameters": PARAMETERS}, RestExtension)
    native = Rest().call(FunctionCall("pets/find", function, extension, Target("up"))).filters
    program = compile_function(template_of("pets/find", function), tuple(parameters_of(extension)))
    return native, ((LUA_FILTER, lua_program(program.id, program.source)),)


@dataclass(frozen=True, slots=True)
class Envoy:
    port: int

    def send(self, route: str, sent: "Sent") -> tuple[int, object]:
        """Send a request along *route*; return the status and what the upstream saw, or the answer of a refusal."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.putrequest(sent.method, sent.target, skip_host=True, skip_accept_encoding=True)
        for name, value in (("host", "pets.example:80"), ("x-route", route), *sent.headers):
            connection.putheader(name, value.encode("latin-1"))
        connection.putheader("content-length", str(len(sent.body)))
        connection.endheaders(sent.body)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status != 200:
            return response.status, content
        method, path, headers, body = json.loads(content)
        seen = [pair for pair in headers if pair[0] not in ("x-request-id", "x-route")]
        return response.status, (method, path, seen, body)


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def requests(seed: int) -> Iterator[Sent]:
    """Yield requests: with and without the headers that functions read, and with them twice."""
    chance = random.Random(seed)
    names = ("user-agent", "authorization", "accept", "content-type", "origin", "referer", "x-a", "x-version", "cookie")
    values = ("a", "b c", "", "text/plain", "100%", '"x"', "%REQ(:path)%", "\t", "caf\xe9", "a,b", " c ", "\x7f")
    while True:
        picked = tuple((chance.choice(names), chance.choice(values)) for _ in range(chance.randrange(6)))
        target = chance.choice(["/", "/p", "/p?id=7", "/p?id=a%2Fb&x=1", "/p?id=", "/%41?id=%0d%0ax"])
        yield Sent(chance.choice(["GET", "POST"]), target, picked, chance.choice([b"", b"{}", b"text"]))


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    routes: list[Json] = []
    for index, (headers, path) in enumerate(_functions()):
        native, program = both_forms(headers, path)
        routes.append(_route(f"route-{index}", native))
        routes.append(_route(f"filter-{index}", native, HashPolicy("source_ip")))
        routes.append(_route(f"program-{index}", program))
    with _running(routes, tmp_path_factory.mktemp("envoy")) as running:
        yield running


def _functions() -> Sequence[tuple[Mapping[str, str], str | None]]:
    return [(headers, path) for headers in FUNCTIONS for path in PATHS]


@pytest.mark.parametrize("index", range(len(FUNCTIONS) * len(PATHS)))
def test_the_upstream_gets_the_same_request_from_all_forms(envoy: Envoy, index: int) -> None:
    made = requests(index)
    for _ in range(REQUESTS):
        sent = next(made)
        expected = envoy.send(f"program-{index}", sent)
        assert envoy.send(f"route-{index}", sent) == expected, sent
        assert envoy.send(f"filter-{index}", sent) == expected, sent


def test_a_function_of_fixed_headers_has_no_program() -> None:
    native, _ = both_forms(FUNCTIONS[0], None)
    assert [name for name, _ in native] == [function_headers_filter().name]


@contextmanager
def _running(routes: Sequence[Json], folder: Path) -> Iterator[Envoy]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    config, admin = folder / "envoy.json", folder / "admin"
    config.write_text(json.dumps(_bootstrap(routes, upstream.server_port, admin)))
    command = [str(find_envoy()), "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield Envoy(_port(admin, process))
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


def _bootstrap(routes: Sequence[Json], port: int, admin: Path) -> Json:
    endpoints: Json = [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}]
    cluster: Json = {"name": "up", "load_assignment": {"cluster_name": "up", "endpoints": endpoints}}
    filters = sorted(Rest().filters(), key=lambda each: (each.stage, each.name))
    chain: list[Json] = [
        {"name": each.name, "disabled": each.disabled, "typed_config": _any(each.config)} for each in filters
    ]
    chain.append({"name": "router", "typed_config": {"@type": f"{_TYPE}.http.router.v3.Router"}})
    manager: Json = {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "use_remote_address": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": list(routes)}]},
        "http_filters": chain,
    }
    listener: Json = {
        "address": _address(0),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {
        "admin": {"address": {"pipe": {"path": str(admin)}}},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }


def _address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _any(config: TypedConfig) -> Json:
    written = readable_config(config)
    assert isinstance(written, dict)
    return {"@type": config.type_url, **written}


def _route(name: str, filters: FilterConfigs, *hashing: HashPolicy) -> Json:
    match = RouteMatch(PathMatch("prefix", "/"), headers=(ValueMatch("x-route", "exact", name),))
    route = Route(name, match, Forward((Target("up", filters=filters),), hash_policies=hashing))
    message = route_components_pb2.Route.FromString(route_bytes(route))
    return json_format.MessageToDict(message, preserving_proto_field_name=True)
