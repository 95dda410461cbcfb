"""Options of upstreams do in a real Envoy what their descriptions say."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import httpx
import pytest
from tests.support.authority import Authority, Issued
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.named_host import PROXY_V2, NamedHost, named_host
from tests.support.upstreams import service, write_config

from gloo.model.base import Json

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"  # grpc.health.v1.HealthCheckResponse


@asynccontextmanager
async def hosts(*names: str) -> AsyncIterator[list[NamedHost]]:
    """Run a host for each of *names*."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(named_host(NamedHost(name))) for name in names]


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Wait until *condition* holds, asking again and again."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def answers(running: RunningGateway, path: str, *, times: int = 20) -> Counter[str]:
    """Count who answers *times* requests; who fails is counted by the status."""
    async with httpx.AsyncClient(base_url=running.url, timeout=10, trust_env=False) as client:
        found = [await client.get(path) for _ in range(times)]
    return Counter(each.text if each.status_code == 200 else str(each.status_code) for each in found)


@pytest.mark.parametrize(
    "balancer",
    [
        {"type": "round_robin", "slow_start": {"window": "1s", "aggression": 2.0}, "healthy_panic_threshold": 0},
        {"type": "least_request", "choice_count": 3, "slow_start": {"window": "1s"}},
        {"type": "random"},
    ],
    ids=lambda balancer: str(balancer["type"]),
)
async def test_every_host_gets_requests(tmp_path: Path, balancer: Json) -> None:
    async with hosts("one", "two") as both:
        folder = write_config(tmp_path / "config", service("a", both, load_balancer=balancer))
        async with running_gateway(folder) as running:
            assert set(await answers(running, "/a", times=40)) == {"one", "two"}


@pytest.mark.parametrize(
    "balancer",
    [
        {"type": "ring_hash", "minimum_ring_size": 64, "maximum_ring_size": 1024, "hash_function": "murmur_hash_2"},
        {"type": "maglev", "table_size": 251},
    ],
    ids=lambda balancer: str(balancer["type"]),
)
async def test_one_user_is_sent_to_one_host_and_users_to_all(tmp_path: Path, balancer: Json) -> None:
    async with hosts("one", "two", "three") as three:
        upstream = service("a", three, load_balancer=balancer)
        folder = write_config(tmp_path / "config", upstream, extensions={"hash_policy": [{"header": "x-user"}]})
        async with (
            running_gateway(folder) as running,
            httpx.AsyncClient(base_url=running.url, trust_env=False) as client,
        ):
            users = [{"x-user": str(user)} for user in range(30)]
            chosen = [{(await client.get("/a", headers=user)).text for _ in range(3)} for user in users]
    assert all(len(each) == 1 for each in chosen)
    assert set().union(*chosen) == {"one", "two", "three"}


async def test_a_host_that_fails_its_health_check_gets_no_requests_until_it_heals(tmp_path: Path) -> None:
    check = {
        "http": {"path": "/healthz", "headers": {"x-check": "1"}, "expected_statuses": ["200-204"]},
        "interval": "50ms",
        "timeout": "1s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
    }
    async with hosts("good", "ill") as (good, ill):
        folder = write_config(tmp_path / "config", service("a", [good, ill], health_checks=[check]))
        async with running_gateway(folder) as running:

            async def both_answer() -> bool:
                return set(await answers(running, "/a")) == {"good", "ill"}

            async def only_good() -> bool:
                return set(await answers(running, "/a")) == {"good"}

            await until(both_answer)
            ill.health = 503
            await until(only_good)
            ill.health = 202
            await until(both_answer)
    assert set(good.checked) == {"127.0.0.1"}


async def test_a_tcp_check_finds_out_that_nobody_listens(tmp_path: Path) -> None:
    check = {"tcp": {}, "interval": "50ms", "timeout": "1s", "unhealthy_threshold": 1}
    async with hosts("good") as (good,):
        async with hosts("gone") as (gone,):
            pass
        folder = write_config(tmp_path / "config", service("a", [good, gone], health_checks=[check]))
        async with running_gateway(folder) as running:

            async def only_good() -> bool:
                return set(await answers(running, "/a")) == {"good"}

            await until(only_good)


async def test_a_host_that_answers_500_is_ejected_for_a_while(tmp_path: Path) -> None:
    detection = {"consecutive_5xx": 3, "interval": "50ms", "base_ejection_time": "500ms", "max_ejection_time": "500ms"}
    async with hosts("good", "ill") as (good, ill):
        ill.status = 500
        folder = write_config(tmp_path / "config", service("a", [good, ill], outlier_detection=detection))
        async with running_gateway(folder) as running:

            async def only_good() -> bool:
                return set(await answers(running, "/a", times=8)) == {"good"}

            async def both_answer() -> bool:
                return set(await answers(running, "/a")) == {"good", "ill"}

            await until(only_good)
            ill.status = 200
            await until(both_answer)


async def test_what_is_not_named_ejects_nobody(tmp_path: Path) -> None:
    detection = {"consecutive_gateway_failures": 2, "interval": "20ms", "base_ejection_time": "60s"}
    async with hosts("good", "ill") as (good, ill):
        ill.status = 500
        folder = write_config(tmp_path / "config", service("a", [good, ill], outlier_detection=detection))
        async with running_gateway(folder) as running:
            assert (await answers(running, "/a", times=40))["500"] > 8


async def test_more_requests_than_the_circuit_breaker_allows_are_answered_503(tmp_path: Path) -> None:
    limits = {"max_connections": 1, "max_pending_requests": 1, "max_requests": 1}
    async with hosts("slow") as (slow,):
        slow.gate = asyncio.Event()
        folder = write_config(tmp_path / "config", service("a", [slow], circuit_breakers=limits))
        async with running_gateway(folder) as running, asyncio.TaskGroup() as group:
            first = group.create_task(running.get("/a"))

            async def arrived() -> bool:
                return bool(slow.asked)

            await until(arrived)
            waiting = [group.create_task(running.get("/a")) for _ in range(4)]
            done, _ = await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            over = next(iter(done)).result()
            assert (over.status_code, over.headers["x-envoy-overloaded"]) == (503, "true")
            slow.gate.set()
            assert (await first).text == "slow"


async def test_a_connection_ends_after_its_requests(tmp_path: Path) -> None:
    connection = {
        "max_requests_per_connection": 2,
        "idle_timeout": "30s",
        "buffer_limit": 65536,
        "tcp_keepalive": {"probes": 3, "time": "10s", "interval": "5s"},
    }
    async with hosts("host") as (host,):
        folder = write_config(tmp_path / "config", service("a", [host], connection=connection))
        async with running_gateway(folder, "--concurrency", "1") as running:
            assert await answers(running, "/a", times=6) == {"host": 6}
    assert host.connections == 3


async def test_the_clients_address_comes_ahead_of_the_connection(tmp_path: Path) -> None:
    async with hosts("one") as (one,), hosts("two") as (two,):
        folder = write_config(
            tmp_path / "config", service("a", [one], proxy_protocol="v1"), service("b", [two], proxy_protocol="v2")
        )
        async with running_gateway(folder) as running:
            assert (await running.get("/a")).text == "one"
            assert (await running.get("/b")).text == "two"
            port = int(running.url.rpartition(":")[2])
    kind, source, _destination, _source_port, destination_port = one.preambles[0].decode().split()[1:]
    assert (kind, source, int(destination_port)) == ("TCP4", "127.0.0.1", port)
    assert two.preambles[0].startswith(PROXY_V2 + b"\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01")


@asynccontextmanager
async def grpc_host(health: list[bytes], pair: Issued | None = None) -> AsyncIterator[int]:
    """Run a server that speaks HTTP/2 alone, echoes every call, and gives the last of *health* when checked.

    With a *pair* it does so over TLS, and only once ALPN agreed on HTTP/2.
    """

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def check(_request: bytes, _context: object) -> bytes:
        return health[-1]

    class Anything(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no type stubs
        def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            checked = call.method == "/grpc.health.v1.Health/Check"
            return grpc.unary_unary_rpc_method_handler(check if checked else echo)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Anything(),))
    if pair is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        keys = grpc.ssl_server_credentials([(pair.private_key.encode(), pair.certificate.encode())])
        port = server.add_secure_port("127.0.0.1:0", keys)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


FRAME = b"\x00\x00\x00\x00\x02hi"


async def call(running: RunningGateway, path: str) -> tuple[int, bytes]:
    headers = {"content-type": "application/grpc", "te": "trailers"}
    answer = await running.request("POST", path, content=FRAME, headers=headers)
    return answer.status_code, answer.content


async def test_an_upstream_with_http2_is_spoken_to_by_http2(tmp_path: Path) -> None:
    async with grpc_host([]) as port:
        folder = write_config(tmp_path / "config", service("a", [("127.0.0.1", port)], http2=True))
        async with running_gateway(folder) as running:
            assert await call(running, "/a") == (200, FRAME)


async def test_a_grpc_check_takes_out_a_server_that_does_not_serve(tmp_path: Path) -> None:
    health = [SERVING]
    check = {"grpc": {"service": "shop"}, "interval": "50ms", "unhealthy_threshold": 1, "healthy_threshold": 1}
    async with grpc_host(health) as port:
        upstream = service(
            "a",
            [("127.0.0.1", port)],
            http2=True,
            health_checks=[check],
            load_balancer={"healthy_panic_threshold": 0},
        )
        async with running_gateway(write_config(tmp_path / "config", upstream)) as running:

            async def answered() -> bool:
                return await call(running, "/a") == (200, FRAME)

            async def refused() -> bool:
                return b"no healthy upstream" in (await call(running, "/a"))[1] or not await answered()

            await until(answered)
            health.append(NOT_SERVING)
            await until(refused)


@pytest.mark.parametrize("checked", [False, True], ids=["unchecked", "checked"])
async def test_grpc_goes_over_tls_and_so_do_its_checks(tmp_path: Path, checked: bool) -> None:
    check = {"grpc": {"service": "shop"}, "interval": "50ms", "unhealthy_threshold": 1}
    async with grpc_host([SERVING], Authority.make().issue("127.0.0.1")) as port:
        upstream = service(
            "a",
            [("127.0.0.1", port)],
            http2=True,
            ssl_config={"verify": False},
            health_checks=[check] if checked else [],
            load_balancer={"healthy_panic_threshold": 0},
        )
        async with running_gateway(write_config(tmp_path / "config", upstream)) as running:

            async def answered() -> bool:
                return await call(running, "/a") == (200, FRAME)

            await until(answered)


async def test_envoy_takes_every_option_without_a_warning(tmp_path: Path) -> None:
    async with hosts("one") as (one,):
        upstream = service(
            "a",
            [("localhost", one.port)],
            load_balancer={"type": "least_request", "choice_count": 2, "healthy_panic_threshold": 10},
            health_checks=[{"tcp": {}}, {"http": {"path": "/healthz", "host": "shop.example.org"}}],
            outlier_detection={"consecutive_local_origin_failures": 3, "success_rate": {}},
            circuit_breakers={"max_retries": 1},
            dns={"refresh_rate": "5s", "family": "v4_preferred"},
        )
        async with running_gateway(write_config(tmp_path / "config", upstream)) as running:
            assert await answers(running, "/a") == {"one": 20}
        log = running.log.read_text().lower()
    assert "deprecated" not in log
    assert "refuse" not in log
    assert set(one.checked) == {"shop.example.org"}
