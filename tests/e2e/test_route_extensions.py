"""Route extensions in a real Envoy: each does to requests what its page says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.recording_upstream import NEVER, RecordingUpstream, recording_upstream
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = """
upstreams:
- {{name: main, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: {main}}}]}}}}
- {{name: named, type: service, spec: {{hosts: [{{addr: localhost, port: {main}}}]}}}}
- name: hashed
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {main}}}]}}
  load_balancer: {{type: ring_hash}}
- {{name: second, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: {second}}}]}}}}
- {{name: sockets, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: {sockets}}}]}}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_prefix: /headers}}
    single_destination: {{upstream: {{name: main}}}}
    extensions:
      add_request_headers:
      - {{key: x-set, value: "100%"}}
      - {{key: x-append, value: ours, append: true}}
      - {{key: x-absent, value: ours, action: set_if_absent}}
      - {{key: x-path, value: "%REQ(:path)%", format: true}}
      remove_request_headers: [x-internal]
      add_response_headers: [{{key: x-kept, value: ours, append: true}}, {{key: x-new, value: "a: b; 5%"}}]
      remove_response_headers: [x-powered-by]
  - request_matcher: {{path_prefix: /slow}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{timeout: 100000000}}
  - request_matcher: {{path_prefix: /silent}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{timeout: 0s, idle_timeout: 100ms}}
  - request_matcher: {{path_prefix: /max-retries}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{max_retries: 2}}
  - request_matcher: {{path_prefix: /by-code}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{retries: {{retriable_status_codes: [429], num_retries: 3, back_off: {{base: 1ms, max: 2ms}}}}}}
  - request_matcher: {{path_prefix: /hedged}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{retries: {{retry_on: 5xx, per_try_timeout: 100ms, hedge: true, other_hosts: true}}}}
  - request_matcher: {{path_prefix: /host/literal}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{host_rewrite: other.example.org}}
  - request_matcher: {{path_prefix: /host/auto}}
    single_destination: {{upstream: {{name: named}}}}
    extensions: {{host_rewrite: {{auto: true}}}}
  - request_matcher: {{path_prefix: /host/header}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{host_rewrite: {{from_header: x-host}}}}
  - request_matcher: {{path_prefix: /v1/}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{regex_rewrite: {{pattern: '^/v1/([a-z]+)/(\\d+)$', substitution: '/\\2/\\1'}}}}
  - request_matcher: {{path_prefix: /a}}
    single_destination: {{upstream: {{name: main}}}}
    prefix_rewrite: /b
  - request_matcher: {{path_exact: /exact/path}}
    single_destination: {{upstream: {{name: main}}}}
    prefix_rewrite: /whole
  - request_matcher: {{path_regex: '/regex/\\d+'}}
    single_destination: {{upstream: {{name: main}}}}
    prefix_rewrite: /whole
  - request_matcher: {{path_prefix: /moved}}
    extensions: {{redirect: {{https: true, host: new.example.org, port: 8443, prefix: /here, code: 308}}}}
  - request_matcher: {{path_prefix: /gone}}
    extensions: {{redirect: {{path: /start, strip_query: true}}}}
  - request_matcher: {{path_prefix: /said}}
    extensions:
      direct_response:
        {{status: 418, body: '{{"100%": "%REQ(x)%"}}', content_type: application/json, headers: {{x-why: "50%"}}}}
      add_response_headers: [{{key: x-more, value: too}}]
  - request_matcher: {{path_prefix: /long}}
    extensions: {{direct_response: {{status: 200, body: {long}}}}}
  - request_matcher: {{path_prefix: /cors/open}}
    single_destination: {{upstream: {{name: main}}}}
    extensions:
      cors:
        allow_origin: [https://shop.example.org]
        allow_origin_regex: ['https://[a-z]+\\.example\\.com']
        allow_methods: GET, POST, PUT
        allow_headers: [x-token, content-type]
        expose_headers: x-kept
        max_age: 86400000000000
        allow_credentials: true
  - request_matcher: {{path_prefix: /cors/verbs, verbs: [GET]}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{cors: {{allow_origin: ['*'], allow_methods: GET}}}}
  - request_matcher: {{path_prefix: /cors/verbs, verbs: [PUT], headers: {{x-token: ''}}}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{cors: {{allow_origin: [https://shop.example.org], allow_methods: PUT, allow_headers: x-token}}}}
  - request_matcher: {{path_prefix: /cors/weighted}}
    multiple_destinations:
    - {{upstream: {{name: main}}, weight: 1}}
    - {{upstream: {{name: second}}, weight: 1}}
    extensions: {{cors: {{allow_origin: ['*']}}, max_request_bytes: 10}}
  - request_matcher: {{path_prefix: /mirrored}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{mirror: {{upstream: second}}}}
  - request_matcher: {{path_prefix: /broken/weighted}}
    multiple_destinations:
    - {{upstream: {{name: main}}, weight: 1}}
    - {{upstream: {{name: second}}, weight: 1}}
    extensions: {{faults: {{abort: {{http_status: 599}}}}}}
  - request_matcher: {{path_prefix: /broken}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{faults: {{abort: {{http_status: 503, percentage: 100}}}}}}
  - request_matcher: {{path_prefix: /late}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{faults: {{delay: {{fixed_delay: 200ms}}}}}}
  - request_matcher: {{path_prefix: /limited}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{max_request_bytes: 10}}
  - request_matcher: {{path_prefix: /socket}}
    single_destination: {{upstream: {{name: sockets}}}}
    extensions: {{upgrades: [websocket], timeout: 100ms}}
  - request_matcher: {{path_prefix: /described}}
    single_destination: {{upstream: {{name: hashed}}}}
    extensions:
      metadata: {{org.example: {{team: pets}}}}
      add_response_headers: [{{key: x-team, value: "%METADATA(ROUTE:org.example:team)%", format: true}}]
      hash_policy:
      - {{cookie: {{name: session, ttl: 1h, path: /}}}}
      - {{header: x-user, terminal: true}}
      - {{source_ip: true}}
  - request_matcher: {{path_prefix: /nowhere}}
    single_destination: {{upstream: {{name: main}}}}
    extensions: {{mirror: {{upstream: third}}}}
  - request_matcher: {{path_prefix: /}}
    single_destination: {{upstream: {{name: main}}}}
"""
LONG = "x" * 60_000


@dataclass(frozen=True, slots=True)
class Site:
    """A gateway, and what is behind it."""

    gateway: RunningGateway
    main: RecordingUpstream
    second: RecordingUpstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder: Path = tmp_path_factory.mktemp("extensions")
    async with AsyncExitStack() as stack:
        main = await stack.enter_async_context(recording_upstream())
        second = await stack.enter_async_context(recording_upstream())
        sockets = await stack.enter_async_context(serve(_echo, "127.0.0.1", 0))
        port = next(iter(sockets.sockets)).getsockname()[1]
        text = CONFIG.format(main=main.port, second=second.port, sockets=port, long=LONG)
        (folder / "gloo.yaml").write_text(text)
        gateway = await stack.enter_async_context(running_gateway(folder))
        yield Site(gateway, main, second)


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


def _seen(answer: httpx.Response, name: str) -> list[str]:
    """Return the values of a header as the upstream saw them."""
    headers: list[list[str]] = answer.json()["headers"]
    return [value for key, value in headers if key == name]


async def test_request_headers_are_set_appended_added_and_removed(site: Site) -> None:
    sent = [("x-set", "theirs"), ("x-append", "theirs"), ("x-absent", "theirs"), ("x-internal", "theirs")]
    answer = await site.gateway.get("/headers", headers=sent)
    assert _seen(answer, "x-set") == ["100%"]
    assert _seen(answer, "x-append") == ["theirs", "ours"]
    assert _seen(answer, "x-absent") == ["theirs"]
    assert _seen(answer, "x-path") == ["/headers"]
    assert _seen(answer, "x-internal") == []


async def test_a_header_is_set_where_it_is_absent(site: Site) -> None:
    assert _seen(await site.gateway.get("/headers"), "x-absent") == ["ours"]


async def test_response_headers_are_appended_and_removed(site: Site) -> None:
    answer = await site.gateway.get("/headers")
    assert answer.headers.get_list("x-kept") == ["upstream", "ours"]
    assert answer.headers["x-new"] == "a: b; 5%"
    assert "x-powered-by" not in answer.headers


async def test_a_timeout_in_nanoseconds_answers_504(site: Site) -> None:
    site.main.script["slow"] = [NEVER]
    assert (await site.gateway.get("/slow")).headers["x-gloo-error"] == "upstream_timeout"


async def test_an_idle_timeout_ends_a_silent_request(site: Site) -> None:
    site.main.script["silent"] = [NEVER]
    assert (await site.gateway.get("/silent")).json()["error"]["reason"] == "upstream_timeout"


@pytest.mark.parametrize(
    ("route", "statuses", "status", "attempts"),
    [
        ("max-retries", [503, 500], 200, 3),
        ("max-retries", [503, 500, 502], 502, 3),
        ("max-retries", [429], 429, 1),
        ("by-code", [429, 429, 429], 200, 4),
        ("by-code", [503], 503, 1),
    ],
)
async def test_retries_are_counted(site: Site, route: str, statuses: list[int], status: int, attempts: int) -> None:
    site.main.script[route] = [*statuses]
    site.main.asked[route].clear()
    assert (await site.gateway.get(f"/{route}")).status_code == status
    assert len(site.main.asked[route]) == attempts


async def test_hedging_tries_beside_a_slow_try(site: Site) -> None:
    site.main.script["hedged"] = [NEVER]
    assert (await site.gateway.get("/hedged")).status_code == 200
    assert len(site.main.asked["hedged"]) == 2


@pytest.mark.parametrize(
    ("path", "host"),
    [("/host/literal", "other.example.org"), ("/host/auto", "localhost"), ("/host/header", "from.example.org")],
)
async def test_the_host_is_rewritten(site: Site, path: str, host: str) -> None:
    answer = await site.gateway.get(path, headers={"x-host": "from.example.org"})
    assert _seen(answer, "host") == [host]


@pytest.mark.parametrize(
    ("path", "rewritten"),
    [
        ("/a/x?q=1", "/b/x?q=1"),
        ("/v1/pets/7?q=1", "/7/pets?q=1"),
        ("/exact/path?q=1", "/whole?q=1"),
        ("/regex/12?q=1", "/whole?q=1"),
    ],
)
async def test_the_path_is_rewritten(site: Site, path: str, rewritten: str) -> None:
    assert (await site.gateway.get(path)).json()["path"] == rewritten


async def test_a_redirect_changes_scheme_host_port_and_prefix(site: Site) -> None:
    answer = await site.gateway.get("/moved/x?q=1")
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://new.example.org:8443/here/x?q=1"


async def test_a_redirect_to_a_path_strips_the_query(site: Site) -> None:
    answer = await site.gateway.get("/gone/x?q=1")
    assert (answer.status_code, answer.headers["location"]) == (301, f"{site.gateway.url}/start")


async def test_a_direct_response_is_word_for_word(site: Site) -> None:
    answer = await site.gateway.get("/said")
    assert (answer.status_code, answer.json()) == (418, {"100%": "%REQ(x)%"})
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["x-why"], answer.headers["x-more"]) == ("50%", "too")


async def test_a_direct_response_may_be_long(site: Site) -> None:
    assert (await site.gateway.get("/long")).text == LONG


async def _preflight(site: Site, path: str, origin: str, method: str) -> httpx.Response:
    asks = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": "x-token"}
    return await site.gateway.request("OPTIONS", path, headers=asks)


@pytest.mark.parametrize("origin", ["https://shop.example.org", "https://any.example.com"])
async def test_a_preflight_is_answered_by_the_gateway(site: Site, origin: str) -> None:
    answer = await _preflight(site, "/cors/open", origin, "PUT")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT"
    assert answer.headers["access-control-allow-headers"] == "x-token, content-type"
    assert answer.headers["access-control-max-age"] == "86400"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.content == b""


async def test_answers_to_a_page_of_a_known_origin_are_marked(site: Site) -> None:
    answer = await site.gateway.get("/cors/open", headers={"origin": "https://shop.example.org"})
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert answer.headers["access-control-expose-headers"] == "x-kept"
    assert answer.json()["path"] == "/cors/open"


async def test_a_page_of_another_origin_gets_no_permission(site: Site) -> None:
    for method, path in (("PUT", "/cors/open"), ("PUT", "/cors/verbs")):
        site.main.asked["cors"].clear()
        answer = await _preflight(site, path, "https://evil.example.net", method)
        assert "access-control-allow-origin" not in answer.headers
        assert site.main.asked["cors"] == []
    plain = await site.gateway.get("/cors/open", headers={"origin": "https://evil.example.net"})
    assert "access-control-allow-origin" not in plain.headers


async def test_a_preflight_finds_the_route_of_the_method_it_asks_about(site: Site) -> None:
    got = await _preflight(site, "/cors/verbs", "https://shop.example.org", "GET")
    put = await _preflight(site, "/cors/verbs", "https://shop.example.org", "PUT")
    assert [each.headers["access-control-allow-methods"] for each in (got, put)] == ["GET", "PUT"]
    assert put.headers["access-control-allow-headers"] == "x-token"


async def test_a_page_uses_a_route_with_verbs_after_its_preflight(site: Site) -> None:
    page = {"origin": "https://shop.example.org", "x-token": "1"}
    answer = await site.gateway.request("PUT", "/cors/verbs", headers=page)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.org"
    assert answer.json()["method"] == "PUT"


async def test_filters_of_a_route_hold_for_all_its_weighted_destinations(site: Site) -> None:
    for _ in range(8):
        answer = await site.gateway.get("/cors/weighted", headers={"origin": "https://any.example.net"})
        assert answer.headers["access-control-allow-origin"] == "https://any.example.net"
        long = await site.gateway.request("POST", "/cors/weighted", content=b"x" * 11)
        assert long.status_code == 413
        assert (await site.gateway.get("/broken/weighted")).status_code == 599


async def test_a_route_without_cors_has_nothing_of_it(site: Site) -> None:
    answer = await _preflight(site, "/plain", "https://shop.example.org", "PUT")
    assert answer.json()["method"] == "OPTIONS"
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_mirror_gets_a_copy(site: Site) -> None:
    answer = await site.gateway.request("POST", "/mirrored/x", content=b"body")
    copy = await site.second.wait_asked("mirrored")
    assert answer.json()["body"] == "body"
    assert (copy.method, copy.path, copy.body) == ("POST", "/mirrored/x", "body")
    assert copy.values("host")[0].endswith("-shadow") or "-shadow:" in copy.values("host")[0]


async def test_a_mirror_that_does_not_exist_is_reported_on_its_route(site: Site) -> None:
    answer = await site.gateway.get("/nowhere")
    assert answer.status_code == 500
    assert answer.headers["x-gloo-error"]


async def test_a_fault_answers_in_place_of_the_upstream(site: Site) -> None:
    assert (await site.gateway.get("/broken")).status_code == 503
    assert site.main.asked["broken"] == []


async def test_a_fault_delays_a_request(site: Site) -> None:
    start = time.monotonic()
    assert (await site.gateway.get("/late")).status_code == 200
    assert time.monotonic() - start >= 0.2


async def test_a_request_that_is_too_long_is_refused(site: Site) -> None:
    long = await site.gateway.request("POST", "/limited", content=b"x" * 11)
    assert (long.status_code, long.headers["x-gloo-error"]) == (413, "too_large")
    assert long.json()["error"]["message"] == "the body is longer than the gateway keeps"
    assert (await site.gateway.request("POST", "/limited", content=b"x" * 10)).json()["body"] == "x" * 10
    assert (await site.gateway.request("POST", "/plain", content=b"x" * 100)).status_code == 200


async def test_a_websocket_passes_and_outlives_the_timeout(site: Site) -> None:
    address = site.gateway.url.replace("http", "ws", 1)
    async with connect(f"{address}/socket", proxy=None) as socket:
        start = time.monotonic()
        while time.monotonic() - start < 0.3:
            await socket.send("hello")
            assert await socket.recv() == "hello"
            await asyncio.sleep(0.02)  # the connection has to be open for longer than the route's timeout


async def test_a_websocket_has_to_be_asked_for(site: Site) -> None:
    address = site.gateway.url.replace("http", "ws", 1)
    with pytest.raises(InvalidStatus) as raised:
        await connect(f"{address}/plain", proxy=None)
    assert raised.value.response.status_code == 403


async def test_metadata_can_be_read_and_a_cookie_is_given_for_hashing(site: Site) -> None:
    answer = await site.gateway.get("/described")
    assert answer.headers["x-team"] == "pets"
    assert answer.headers["set-cookie"].startswith("session=")
