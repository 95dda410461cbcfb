"""A throw-away gateway for `gloo test --envoy`: the user's configuration with stand-ins for its upstreams."""

import asyncio
import http.client
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from gloo.cli.recorder import NAME_HEADER, NOTHING, Recorder, recorders
from gloo.cli.written import canonical, has_broken_routes
from gloo.control_plane.app import running_gateway
from gloo.control_plane.sessions import ask_nobody
from gloo.control_plane.settings import Settings
from gloo.explain.comparing import joined
from gloo.explain.judging import NONE, Passage, Seen
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request
from gloo.model.base import Json, Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.strict import to_builtins
from gloo.model.upstream import Upstream
from gloo.storage import MemoryArtifacts
from gloo.translator.tokens import SECRET_KEY, secret_names

_ROUTE_HEADER = "x-gloo-test-route"
_ROUTE_NAME = {"key": _ROUTE_HEADER, "value": "%ROUTE_NAME%", "format": True}
_KEPT = ("name", "metadata", "functions", "service_info")
_PATIENCE = 20  # seconds for one answer


class Trial(Value, frozen=True):
    """A gateway under test.

    Args:
        upstreams: the stand-ins, by the upstream that each stands for.
    """

    address: str
    upstreams: Mapping[str, Recorder]

    async def ask(self, request: Request, answer: Answer | None = None) -> Seen:
        """Send *request*, to which upstreams say *answer*, and return what became of it."""
        for recorder in self.upstreams.values():
            recorder.last, recorder.answer = None, answer or NOTHING
        got = await asyncio.to_thread(_send, self.address, request)
        headers = joined(got.headers)
        route = "/".join(headers.get(_ROUTE_HEADER, "").split("/")[:2])
        service = route.partition("/")[0]
        got = replace(got, headers=tuple(pair for pair in got.headers if pair[0] not in (_ROUTE_HEADER, NAME_HEADER)))
        recorded = self.upstreams.get(headers.get(NAME_HEADER, "")) or self._reached()
        if recorded is not None and recorded.last is not None:
            return Seen(service, route, (Passage(recorded.upstream, recorded.last, got),))
        if b'"no_route"' in got.body or '"no_route"' in headers.get("grpc-message", ""):
            route = NONE
        return Seen(service, route, (Passage(NONE, None, got),))

    def _reached(self) -> Recorder | None:
        """Return the stand-in that the request came to, also where its answer was replaced as a whole."""
        return next((each for each in self.upstreams.values() if each.last is not None), None)


@asynccontextmanager
async def running_trial(config: ConfigSnapshot, settings: Settings, folder: Path) -> AsyncIterator[Trial]:
    """Run the gateway of *config* from *folder*, an empty one; raises as `running_gateway`.

    It asks nobody but the stand-ins: of secrets it has the keys by which tokens are verified, and no others.
    """
    async with recorders(name for name, item in config.upstreams.items() if stands_in(item)) as upstreams:
        services = [_service(item) for item in config.virtual_services.values()]
        others = [_unasked(item) for name, item in config.upstreams.items() if name not in upstreams]
        replaced = [_upstream(config.upstreams[name], each.port) for name, each in upstreams.items()]
        whole = {"upstreams": [*others, *replaced], "virtual_services": [each for each in services if each]}
        await asyncio.to_thread((folder / "config.yaml").write_text, json.dumps(whole))
        await asyncio.to_thread(_write_keys, config, folder / "secrets")
        http, https = _free_ports(2)
        own = Settings(
            dir=str(folder),
            bind="127.0.0.1",
            http_port=http,
            https_port=https,
            envoy=settings.envoy,
            concurrency=1,
            drain_seconds=0,
        )
        artifacts = MemoryArtifacts(config.artifacts.values())
        async with running_gateway(own, ask=ask_nobody, artifacts=artifacts) as (running, _):
            yield Trial(running.http, upstreams)


def _write_keys(config: ConfigSnapshot, folder: Path) -> None:
    """Write the secrets that hold the keys of tokens, and of them that alone."""
    folder.mkdir(mode=0o700)
    for name in {each for item in config.virtual_services.values() for each in secret_names(item)}:
        held = config.secrets.get(name)
        if held is not None:
            file = folder / f"{name}.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps({key: value for key, value in held.data.items() if key == SECRET_KEY}))


def stands_in(item: ConfigObject) -> bool:
    """Say whether a stand-in can take the place of an upstream: one that is known by its hosts."""
    return isinstance(item.value, Upstream) and item.value.type == "service"


def _unasked(item: ConfigObject) -> Mapping[str, Json]:
    """Return an upstream with its discovered functions, so that nobody is asked for them."""
    plain = {name: value for name, value in canonical(item).items() if name != "discovery"}
    if isinstance(item.value, Upstream) and item.discovered:
        plain["functions"] = [to_builtins(each) for each in item.value.functions]
    return plain


def _upstream(item: ConfigObject, port: int) -> Mapping[str, Json]:
    kept = {name: value for name, value in canonical(item).items() if name in _KEPT}
    first = canonical(item)["spec"]["hosts"][0]
    host = {"addr": "127.0.0.1", "port": port, "metadata": first.get("metadata", {})}
    return {**kept, "type": "service", "spec": {"hosts": [host]}}


def _service(item: ConfigObject) -> Mapping[str, Json] | None:
    """Return a virtual service whose answers name their route; None for one over TLS."""
    plain = canonical(item)
    if has_broken_routes(item) or item.value is None:
        return plain
    if "ssl_config" in plain:
        return None
    return {**plain, "routes": [_telling(route) for route in plain.get("routes", ())]}


def _telling(route: Mapping[str, Json]) -> Mapping[str, Json]:
    extensions = route.get("extensions", {})
    changes = extensions.get("add_response_headers", ())
    return {**route, "extensions": {**extensions, "add_response_headers": [*changes, _ROUTE_NAME]}}


class _Connection(http.client.HTTPConnection):
    """A connection that sends a path as it is, also one that no server should take."""

    def _validate_path(self, url: str) -> None:
        """Take any: how Envoy answers is what is asked."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("utf-8", "surrogateescape")


def _send(address: str, request: Request) -> Answer:
    """Send *request* word for word."""
    parts = urlsplit(address)
    connection = _Connection("127.0.0.1", parts.port, timeout=_PATIENCE)
    try:
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", request.host)
        for name, value in request.headers:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        chunked = request.header("transfer-encoding") is not None
        if request.body is not None and not chunked and request.header("content-length") is None:
            connection.putheader("content-length", str(len(request.body)))
        body_sent = request.body or b"" if chunked else request.body  # chunks have an end, even if there are none
        connection.endheaders(body_sent, encode_chunked=chunked)
        answer = connection.getresponse()
        body = answer.read()
        return Answer(answer.status, tuple((name.lower(), _text(value)) for name, value in answer.getheaders()), body)
    finally:
        connection.close()


def _text(value: str) -> str:
    """Return what the client library read as Latin-1."""
    return value.encode("latin-1").decode("utf-8", "surrogateescape")


def _free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
