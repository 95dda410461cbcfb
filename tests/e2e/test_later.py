"""Calls that no client waits for, through a whole gateway."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from tests.e2e.conftest import Gateway
from tests.support.asgi_server import served
from tests.support.gateway import RunningGateway
from tests.support.recording_upstream import NEVER, Asked, RecordingUpstream, recording_upstream

from gloo.control_plane.state import read_statuses
from gloo.model.base import Json

REST = {"type": "REST"}
PNG = bytes(range(256)) * 40


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    """Return a running upstream that keeps what it is asked."""
    async with recording_upstream() as running:
        yield running


def route(path: str, destination: Json, **extensions: Json) -> Json:
    matcher = {"path_prefix": f"/{path}"}
    return {"request_matcher": matcher, "single_destination": destination, "extensions": {"async": True, **extensions}}


def function(name: str) -> Json:
    return {"function": {"upstream_name": "rest", "function_name": name}}


def write(folder: Path, port: int, *routes: Json, **services: Json) -> Path:
    """Write *routes* to an upstream `plain` and one with functions, `rest`, at the same port."""
    hosts = {"hosts": [{"addr": "127.0.0.1", "port": port}]}
    put = {"headers": {":method": "PUT"}, "path": "/put/{{ id }}", "body": '{"id": "{{ id }}"}'}
    functions = [
        {"name": "put", "spec": put},
        {"name": "slow", "spec": {"path": "/slow"}, "timeout": "300ms"},
        {"name": "read", "spec": {"response": {"when": {"status": "any"}, "body": "{{ body() }}"}}},
    ]
    upstreams = [
        {"name": "plain", "type": "service", "spec": hosts},
        {"name": "rest", "type": "service", "spec": hosts, "service_info": REST, "functions": functions},
    ]
    service = {"name": "default", "routes": list(routes), **services}
    folder.mkdir(exist_ok=True)
    (folder / "gloo.yaml").write_text(json.dumps({"upstreams": upstreams, "virtual_services": [service]}))
    return folder


async def statistics(running: RunningGateway, name: str) -> int:
    """Return a statistic of Envoy's."""
    recorded = read_statuses(running.folder / ".gloo").running
    assert recorded is not None
    transport = httpx.AsyncHTTPTransport(uds=recorded.admin)
    async with httpx.AsyncClient(transport=transport, base_url="http://envoy") as admin:
        lines = (await admin.get("/stats", params={"filter": f"^{name}$"})).text.split()
    return int(lines[-1]) if lines else 0


@asynccontextmanager
async def failures(running: RunningGateway) -> AsyncIterator[Callable[[], "asyncio.Future[Mapping[str, Json]]"]]:
    """Give what returns the next line of Envoy's log of later calls that failed."""
    output = running.process.stdout
    assert output is not None

    async def next_line() -> Mapping[str, Json]:
        async with asyncio.timeout(20):
            while not (line := (await output.readline()).decode()).startswith('{"'):
                assert line
        found: Mapping[str, Json] = json.loads(line)
        return found

    yield lambda: asyncio.ensure_future(next_line())


async def test_a_client_is_answered_with_an_id_and_the_upstream_gets_the_request_as_it_would_at_once(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    plain = {"upstream": {"name": "plain"}}
    change = {"add_request_headers": [{"key": "x-added", "value": "1"}]}
    waiting = route("now", plain) | {"extensions": change, "prefix_rewrite": "/a"}
    asking = route("later", plain, **change) | {"prefix_rewrite": "/b"}
    folder = write(tmp_path / "config", upstream.port, asking, waiting)
    mine = {"x-gloo-run": "default/1", "x-gloo-call-id": "mine", "x-forwarded-for": "192.0.2.7", "x-own": "yes"}
    async with gateway(folder) as running:
        answer = await running.request("POST", "/later/x?q=1", content=PNG.hex(), headers=mine)
        assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
        assert answer.json() == {"call_id": answer.headers["x-gloo-call-id"]} != {"call_id": "mine"}
        later = await upstream.wait_asked("b")
        await running.request("POST", "/now/x?q=1", content=PNG.hex(), headers=mine)
        now = await upstream.wait_asked("a")
    assert (later.method, later.path, later.body) == ("POST", "/b/x?q=1", PNG.hex())
    assert later.values("x-gloo-call-id") == [answer.json()["call_id"]]
    assert told(later) == told(now)
    assert later.values("x-gloo-run") == later.values("x-gloo-ask") == []


def told(asked: Asked) -> dict[str, str]:
    """Return the headers of a request that do not differ from one to the next."""
    changing = {"x-request-id", "x-gloo-call-id", "x-gloo-run", "x-gloo-ask", "x-envoy-original-path"}
    return {name: value for name, value in asked.headers if name not in changing}


async def test_a_function_is_called_with_its_templates_and_a_bad_call_is_refused_in_the_log(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("put", function("put")))
    async with gateway(folder) as running, failures(running) as next_failure:
        answer = await running.request("POST", "/put", json={"id": 'a/"b'})
        asked = await upstream.wait_asked("put")
        assert (answer.status_code, asked.method, asked.path) == (202, "PUT", "/put/a%2F%22b")
        assert json.loads(asked.body) == {"id": 'a/"b'}
        refused = await running.request("POST", "/put", json={})
        failure = await next_failure()
        assert (refused.status_code, failure["status"], failure["route"]) == (202, 400, "default/0")
        assert failure["call_id"] == refused.json()["call_id"]
        assert await statistics(running, "http.later.downstream_rq_4xx") == 1


async def test_a_client_that_goes_away_at_once_has_its_call_made(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("gone", {"upstream": {"name": "plain"}}))
    async with gateway(folder) as running:
        for number in range(10):
            send_and_go(running.url, f"/gone/{number}", b"all of it")
        async with asyncio.timeout(10), upstream.arrived:
            await upstream.arrived.wait_for(lambda: len(upstream.asked["gone"]) == 10)
    assert {asked.body for asked in upstream.asked["gone"]} == {"all of it"}


def send_and_go(url: str, path: str, body: bytes, *, length: int | None = None) -> None:
    """Send a request and reset the connection without a look at the answer."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length or len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def test_half_a_request_is_no_call_and_what_is_too_long_is_refused(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    plain = {"upstream": {"name": "plain"}}
    folder = write(tmp_path / "config", upstream.port, route("half", plain), route("long", plain), route("last", plain))
    async with gateway(folder) as running:
        send_and_go(running.url, "/half", b"abc", length=100)
        lengthy = await running.request("POST", "/long", content=b"x" * (9 * 2**20))
        most = await running.request("POST", "/last", content=b"x" * (7 * 2**20))
        assert (lengthy.status_code, most.status_code) == (413, 202)
        assert len((await upstream.wait_asked("last")).body) == 7 * 2**20
    assert (upstream.asked["half"], upstream.asked["long"]) == ([], [])


async def test_more_calls_than_may_be_under_way_are_refused_and_not_made(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("held", {"upstream": {"name": "plain"}}, timeout="2s"))
    upstream.script["held"] = [NEVER] * 3
    async with gateway(folder, "--later-calls", "3", "--concurrency", "1") as running:
        statuses = []
        for number in range(1, 6):
            answer = await running.request("POST", "/held", content="x")
            statuses.append(answer.status_code)
            async with asyncio.timeout(10), upstream.arrived:
                await upstream.arrived.wait_for(lambda: len(upstream.asked["held"]) >= min(number, 3))  # noqa: B023
        assert statuses == [202, 202, 202, 503, 503]
        assert (answer.json()["error"]["reason"], answer.headers["retry-after"]) == ("too_many_calls", "1")
        assert len(upstream.asked["held"]) == 3
        async with asyncio.timeout(10):
            while (await running.request("POST", "/held")).status_code != 202:
                pass


async def test_a_call_that_fails_or_takes_too_long_is_logged_with_its_id_and_counted(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("slow", function("slow")))
    upstream.script["slow"] = [500, NEVER, 200]
    async with gateway(folder) as running, failures(running) as next_failure:
        for status, flags in ((500, "-"), (504, "UT")):
            answer = await running.get("/slow?secret=canary")
            failure = await next_failure()
            assert (failure["status"], failure["flags"], failure["upstream"]) == (status, flags, "rest")
            assert failure["call_id"] == answer.json()["call_id"]
            assert "canary" not in str(failure)
        assert (await running.get("/slow")).status_code == 202
        assert await statistics(running, "http.later.downstream_rq_5xx") == 2


async def test_calls_go_by_weight_to_functions_and_whole_upstreams(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    shares = [{**function("put"), "weight": 1}, {"upstream": {"name": "plain"}, "weight": 1}]
    both = {"request_matcher": {"path_prefix": "/both"}, "multiple_destinations": shares, "extensions": {"async": True}}
    folder = write(tmp_path / "config", upstream.port, both)
    async with gateway(folder) as running:
        for _ in range(40):
            assert (await running.request("POST", "/both", json={"id": "1"})).status_code == 202
        async with asyncio.timeout(10), upstream.arrived:
            await upstream.arrived.wait_for(lambda: sum(map(len, upstream.asked.values())) == 40)
    assert upstream.asked["put"]
    assert upstream.asked["both"]


async def test_events_are_taken_and_delivered_later(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    event = {"event_matcher": {"event_type": "org.example.a"}, "single_destination": {"upstream": {"name": "plain"}}}
    folder = write(tmp_path / "config", upstream.port, {**event, "extensions": {"execution_style": "async"}})
    binary = {"ce-type": "org.example.a", "ce-id": "1", "ce-source": "/me", "ce-specversion": "1.0"}
    structured = {"type": "org.example.a", "id": "2", "source": "/me", "specversion": "1.0"}
    async with gateway(folder) as running:
        first = await running.request("POST", "/events", headers=binary, content="x")
        await upstream.wait_asked("events")
        kind = {"content-type": "application/cloudevents+json"}
        second = await running.request("POST", "/events", headers=kind, content=json.dumps(structured))
        assert (first.status_code, second.status_code) == (202, 202)
        async with asyncio.timeout(10), upstream.arrived:
            await upstream.arrived.wait_for(lambda: len(upstream.asked["events"]) == 2)
    assert json.loads(upstream.asked["events"][1].body) == structured


async def test_a_stop_waits_for_calls_that_are_under_way(tmp_path: Path, gateway: Gateway) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        begun.set()
        await asyncio.sleep(1.5)
        ended.set()
        return Response()

    async with served(Starlette(routes=[StarletteRoute("/slow", slow, methods=["POST"])])) as url:
        folder = write(tmp_path / "config", int(url.rpartition(":")[2]), route("slow", {"upstream": {"name": "plain"}}))
        async with gateway(folder) as running:
            assert (await running.request("POST", "/slow")).status_code == 202
            async with asyncio.timeout(10):
                await begun.wait()
            assert not ended.is_set()
        assert ended.is_set()


async def test_a_route_that_is_taken_out_lets_its_calls_end(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    plain = {"upstream": {"name": "plain"}}
    folder = write(tmp_path / "config", upstream.port, route("held", plain, timeout="3s"))
    upstream.script["held"] = [NEVER]
    async with gateway(folder) as running, failures(running) as next_failure:
        assert (await running.get("/held")).status_code == 202
        await upstream.wait_asked("held")
        write(folder, upstream.port, route("other", plain) | {"extensions": {}})
        async with asyncio.timeout(10):
            while (await running.get("/other")).status_code != 200:
                pass
        failure = await next_failure()
        assert (failure["status"], failure["flags"]) == (504, "UT")


async def test_bad_hosts_and_cancelled_requests_of_others_end_no_call(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    plain = {"upstream": {"name": "plain"}}
    folder = write(tmp_path / "config", upstream.port, route("held", plain, timeout="4s"), route("other", plain))
    upstream.script["held"] = [NEVER] * 2
    async with (
        gateway(folder, "--later-calls", "2", "--concurrency", "1") as running,
        failures(running) as next_failure,
    ):
        held = await running.get("/held")
        await upstream.wait_asked("held")
        for host in ("", "a@b"):
            assert (await running.get("/other", headers={"host": host})).status_code == 202
        await asyncio.to_thread(cancel, running.url, "/other", 1500)
        assert (await running.get("/held")).status_code == 202
        assert (await running.get("/held")).status_code == 503
        failure = await next_failure()
        assert (failure["call_id"], failure["flags"]) == (
            held.json()["call_id"],
            "UT",
        )  # its own time, and no other end
    async with asyncio.timeout(10), upstream.arrived:
        await upstream.arrived.wait_for(lambda: len(upstream.asked["other"]) == 2)
    assert [asked.values("host") for asked in upstream.asked["other"]] == [[""], ["a@b"]]


def cancel(url: str, path: str, count: int) -> None:
    for _ in range(count):
        send_and_go(url, path, b"abc", length=100)


async def test_calls_that_break_off_within_their_answers_give_their_places_back(
    tmp_path: Path, gateway: Gateway
) -> None:
    broken = asyncio.Semaphore(0)

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
        await writer.drain()
        writer.close()
        broken.release()

    async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
        folder = write(tmp_path / "config", server.sockets[0].getsockname()[1], route("read", function("read")))
        async with gateway(folder, "--later-calls", "3", "--concurrency", "1") as running, asyncio.timeout(10):
            for _ in range(5):
                assert (await running.get("/read")).status_code == 202
                await broken.acquire()
                while await statistics(running, "http.later.downstream_rq_active"):
                    pass


async def test_a_call_may_have_as_many_and_as_long_headers_as_any_request(
    tmp_path: Path, gateway: Gateway, upstream: RecordingUpstream
) -> None:
    folder = write(tmp_path / "config", upstream.port, route("many", {"upstream": {"name": "plain"}}))
    mine = {f"x-{number}": "a" * 600 for number in range(95)}
    async with gateway(folder) as running:
        assert (await running.get("/many", headers=mine)).status_code == 202
        asked = await upstream.wait_asked("many")
    assert mine.items() <= dict(asked.headers).items()
