"""TLS to upstreams in a real Envoy: who is trusted, who is asked for, and who we say we are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests.support.alpn_host import HTTP1, HTTP2, alpn_host
from tests.support.authority import Authority, write_secret
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.named_host import HEALTH, PROXY_V2, NamedHost, named_host, server_tls
from tests.support.upstreams import service, write_config

AUTHORITY = Authority.make()


@asynccontextmanager
async def tls_host(folder: Path, *names: str, client_ca: str = "") -> AsyncIterator[NamedHost]:
    """Run a host with a certificate for *names*; the first is its own."""
    tls = server_tls(AUTHORITY.issue(*names), folder, client_ca=client_ca)
    async with named_host(NamedHost(names[0]), tls=tls) as host:
        yield host


async def answer(running: RunningGateway, path: str) -> str:
    """Return the text of a good answer, the status of another one."""
    found = await running.get(path)
    return found.text if found.status_code == 200 else str(found.status_code)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def test_a_certificate_of_an_unknown_authority_is_refused_unless_it_is_told_to_trust(tmp_path: Path) -> None:
    async with tls_host(tmp_path, "127.0.0.1") as host:
        place, plain = [("127.0.0.1", host.port)], {"addr": "127.0.0.1", "port": host.port}
        folder = write_config(
            tmp_path / "config",
            {"name": "refused", "type": "service", "spec": {"hosts": [plain], "tls": True}},
            {"name": "spec", "type": "service", "spec": {"hosts": [plain], "tls": True, "tls_verify": False}},
            service("any", place, ssl_config={"verify": False}),
            service("inline", place, ssl_config={"trusted_ca": AUTHORITY.certificate}),
            service("secret", place, ssl_config={"ca_secret_ref": "ca"}),
            service("other", place, ssl_config={"trusted_ca": Authority.make("another").certificate}),
        )
        write_secret(folder / "secrets", "ca", {"ca.crt": AUTHORITY.certificate})
        async with running_gateway(folder) as running:
            asked = ("refused", "spec", "any", "inline", "secret", "other")
            said = [await answer(running, f"/{name}") for name in asked]
    assert said == ["503", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", "503"]
    assert set(host.sni) == {None}


async def test_each_host_is_asked_by_its_own_name_and_an_address_by_none(tmp_path: Path) -> None:
    names = ("one.localhost", "two.localhost", "127.0.0.1")
    trust = {"trusted_ca": AUTHORITY.certificate}
    async with (
        tls_host(tmp_path, names[0]) as one,
        tls_host(tmp_path, names[1]) as two,
        tls_host(tmp_path, names[2]) as three,
    ):
        both = [(names[0], one.port), (names[1], two.port)]
        folder = write_config(
            tmp_path / "config",
            service("names", both, ssl_config=trust),
            service("mixed", [*both, (names[2], three.port)], ssl_config=trust),
            service("single", both[:1], ssl_config=trust),
            service("wrong", [(names[0], two.port), (names[1], one.port)], ssl_config=trust),
        )
        async with running_gateway(folder) as running:
            assert {await answer(running, "/names") for _ in range(12)} == set(names[:2])
            assert {await answer(running, "/mixed") for _ in range(20)} == set(names)
            assert await answer(running, "/single") == names[0]
            assert (set(one.sni), set(two.sni), set(three.sni)) == ({names[0]}, {names[1]}, {None})
            assert {await answer(running, "/wrong") for _ in range(6)} == {"503"}
    assert set(one.asked) == {names[0]}


async def test_names_of_the_users_choice_take_the_place_of_the_hosts_own(tmp_path: Path) -> None:
    trust = {"trusted_ca": AUTHORITY.certificate}
    async with tls_host(tmp_path, "shop.example.org") as host:
        place = [("127.0.0.1", host.port)]
        folder = write_config(
            tmp_path / "config",
            service("own", place, ssl_config=trust),
            service("sni", place, ssl_config={**trust, "sni": "shop.example.org"}),
            service("names", place, ssl_config={**trust, "subject_alt_names": ["shop.example.org", "10.0.0.1"]}),
            service("others", place, ssl_config={**trust, "subject_alt_names": ["pay.example.org"]}),
        )
        async with running_gateway(folder) as running:
            said = [await answer(running, f"/{name}") for name in ("own", "sni", "names", "others")]
    assert said == ["503", "shop.example.org", "shop.example.org", "503"]
    assert set(host.sni) == {None, "shop.example.org"}


async def test_our_certificate_is_shown_once_its_secret_exists_and_rotates_without_a_failure(tmp_path: Path) -> None:
    clients = Authority.make("clients")
    ssl = {"trusted_ca": AUTHORITY.certificate, "secret_ref": "client"}
    async with tls_host(tmp_path, "127.0.0.1", client_ca=clients.certificate) as host:
        folder = write_config(tmp_path / "config", service("a", [host], ssl_config=ssl))
        async with running_gateway(folder) as running:

            async def works() -> bool:
                return await answer(running, "/a") == "127.0.0.1"

            async def shows_the_second() -> bool:
                assert await works()
                return "second" in str(host.clients[-1])

            assert (await running.get("/a")).status_code == 500
            first, second = clients.issue("first"), clients.issue("second")
            write_secret(folder / "secrets", "client", first.data())
            await until(works)
            assert "first" in str(host.clients[-1])
            write_secret(
                folder / "secrets", "client", {"ca_chain": second.certificate, "private_key": second.private_key}
            )
            host.close_idle()
            await until(shows_the_second)
            log = running.log.read_text()
    assert "there is no secret named 'client'" in log
    assert "PRIVATE KEY" not in log


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
async def test_the_clients_address_comes_before_tls_begins(tmp_path: Path, http2: bool) -> None:
    seen = list[bytes]()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readexactly(28 + 5))  # header and addresses of TCP over IPv4, a TLS record's head
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        place = [("127.0.0.1", server.sockets[0].getsockname()[1])]
        upstream = service("a", place, http2=http2, proxy_protocol="v2", ssl_config={"verify": False})
        async with running_gateway(write_config(tmp_path / "config", upstream)) as running:
            assert await answer(running, "/a") == "503"
    assert seen[0].startswith(PROXY_V2)
    assert seen[0][28:30] == b"\x16\x03"


async def test_http2_is_spoken_over_tls_where_it_is_agreed_on_and_else_http1(tmp_path: Path) -> None:
    taken = {"both": (HTTP2, HTTP1), "two": (HTTP2,), "one": (HTTP1,), "none": ()}
    async with AsyncExitStack() as stack:
        pair = AUTHORITY.issue("127.0.0.1")
        hosts = {
            name: await stack.enter_async_context(alpn_host(server_tls(pair, tmp_path), *protocols))
            for name, protocols in taken.items()
        }
        ssl = {"trusted_ca": AUTHORITY.certificate}
        upstreams = (
            service(name, [("127.0.0.1", host.port)], http2=True, ssl_config=ssl) for name, host in hosts.items()
        )
        async with running_gateway(write_config(tmp_path / "config", *upstreams)) as running:
            said = {name: {await answer(running, f"/{name}") for _ in range(3)} for name in hosts}
            many = await asyncio.gather(*(answer(running, "/one") for _ in range(40)))
    assert said == {"both": {HTTP2}, "two": {HTTP2}, "one": {HTTP1}, "none": {HTTP1}}
    assert set(many) == {HTTP1}


async def test_a_check_that_speaks_http2_agrees_on_it_too(tmp_path: Path) -> None:
    check = {"http": {"path": HEALTH}, "interval": "50ms", "unhealthy_threshold": 1}
    async with alpn_host(server_tls(AUTHORITY.issue("one.localhost"), tmp_path), HTTP2, HTTP1) as host:
        upstream = service(
            "a",
            [("one.localhost", host.port)],
            http2=True,
            ssl_config={"trusted_ca": AUTHORITY.certificate},
            health_checks=[check],
            load_balancer={"healthy_panic_threshold": 0},
        )
        async with running_gateway(write_config(tmp_path / "config", upstream)) as running:

            async def works() -> bool:
                return await answer(running, "/a") == HTTP2

            await until(works)
            checked = len(host.checked)

            async def checks_go_on() -> bool:
                return len(host.checked) > checked + 2

            await until(checks_go_on)
            assert await works()
    assert set(host.checked) == {HTTP2}
