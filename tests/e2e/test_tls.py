"""TLS with a real Envoy: each host its certificate, rotation, faulty pairs, client certificates, redirect, HTTP/2."""

import asyncio
import contextlib
import json
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.authority import Authority
from tests.support.secure_gateway import Secure, rewrite, secure_gateway, service, unchecked, until

from gloo.envoy.snapshot import ResourceType
from gloo.model.cipher import Cipher, KeyKind, TlsVersion, has_suite


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


async def test_each_host_answers_with_its_own_certificate(tmp_path: Path, authority: Authority) -> None:
    one, two, rest = (
        authority.issue("one.test"),
        authority.issue("two.test", "*.two.test"),
        authority.issue("rest.test"),
    )
    services = (
        service("one", "one.test", secret_ref="one"),
        service("two", "two.test", "*.two.test", secret_ref="two"),
        service("rest", "*", secret_ref="rest"),
        service("clear", "one.test"),
    )
    secrets = {
        "one": one.data(),
        "two": {"ca_chain": two.certificate, "private_key": two.private_key},
        "rest": rest.data(),
    }
    async with secure_gateway(tmp_path, *services, secrets=secrets, authority=authority) as gateway:
        await gateway.until_serial("one.test", one.serial)
        found = [
            await gateway.serial(name) for name in ("ONE.test", "two.test", "a.two.test", "a.b.two.test", "x.test")
        ]
        assert found == [one.serial, two.serial, two.serial, two.serial, rest.serial]
        assert await gateway.serial(None) == rest.serial
        answer = await gateway.ask("one.test")
        assert answer.status_code == 200
        assert ["x-service", "one"] in answer.json()["headers"]
        assert (await gateway.ask("a.two.test:8443", sni="a.two.test", http2=True)).http_version == "HTTP/2"
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{gateway.http_port}") as clear:
            assert ["x-service", "clear"] in (await clear.get("/", headers={"host": "one.test"})).json()["headers"]
            assert (await clear.get("/", headers={"host": "two.test"})).status_code == 404


async def test_a_new_certificate_is_used_within_a_second_and_fails_no_request(
    tmp_path: Path, authority: Authority
) -> None:
    first = authority.issue("one.test")
    services = (service("one", "one.test", secret_ref="one"),)
    async with secure_gateway(tmp_path, *services, secrets={"one": first.data()}, authority=authority) as gateway:
        await gateway.until_serial("one.test", first.serial)
        async with gateway.client(http2=True) as kept, asyncio.TaskGroup() as group:
            done = asyncio.Event()
            loads = [group.create_task(_load_until(done, gateway, kept)) for _ in range(2)]
            versions = _listener_versions(gateway)
            waits = []
            for _ in range(5):
                rotated = authority.issue("one.test")
                started = time.monotonic()
                gateway.secret("one", rotated.data())
                await gateway.until_serial("one.test", rotated.serial, seconds=5)
                waits.append(time.monotonic() - started)
            done.set()
        assert max(waits) < 1, waits
        assert _listener_versions(gateway) == versions
        counts = [load.result() for load in loads]
        assert all(kept and fresh for kept, fresh in counts), counts


def _listener_versions(gateway: Secure) -> dict[str, str]:
    listeners = gateway.loop.cache.roles["ingress"].of_type(ResourceType.LISTENER)
    return {name: listener.version for name, listener in listeners.items()}


async def _load_until(done: asyncio.Event, gateway: Secure, kept: httpx.AsyncClient) -> tuple[int, int]:
    """Ask on a kept connection and on fresh ones in turn; every answer must be 200. How many there were of each."""
    counts = [0, 0]
    sni = {"headers": {"host": "one.test"}, "extensions": {"sni_hostname": "one.test"}}
    while not done.is_set():
        assert (await kept.get("/x", **sni)).status_code == 200  # type: ignore[arg-type]  # as httpx has them
        counts[0] += 1
        assert (await gateway.ask("one.test")).status_code == 200
        counts[1] += 1
    return counts[0], counts[1]


async def test_a_faulty_pair_is_told_while_the_last_good_one_serves(tmp_path: Path, authority: Authority) -> None:
    good, other = authority.issue("one.test"), authority.issue("one.test")
    expired = authority.issue("one.test", not_after=datetime(2021, 1, 1, tzinfo=UTC))
    services = (service("one", "one.test", secret_ref="one"),)
    async with secure_gateway(tmp_path, *services, secrets={"one": good.data()}, authority=authority) as gateway:
        await gateway.until_serial("one.test", good.serial)
        for data, reason in (
            ({"tls.crt": other.certificate, "tls.key": good.private_key}, "does not belong"),
            (expired.data(), "expired on 2021-01-01"),
            ({"tls.crt": "no PEM", "tls.key": good.private_key}, "no certificate in PEM form"),
        ):
            gateway.secret("one", data)
            await gateway.until_reason("one", reason)
            assert gateway.status("one").state == "Rejected"
            assert "last good one is still served" in str(gateway.status("one").problems[0])
            assert await gateway.serial("one.test") == good.serial
        gateway.secret("one", other.data())
        await gateway.until_serial("one.test", other.serial)
        assert gateway.status("one").state == "Accepted"


async def test_a_certificate_serves_from_its_first_second_and_one_that_expires_goes_on(
    tmp_path: Path, authority: Authority
) -> None:
    now = datetime.now(UTC)
    soon = authority.issue("soon.test", not_before=now + timedelta(seconds=2), not_after=now + timedelta(seconds=4))
    services = (service("soon", "soon.test", secret_ref="soon"),)
    async with secure_gateway(tmp_path, *services, secrets={"soon": soon.data()}, authority=authority) as gateway:
        await gateway.until_reason("soon", "is not valid before")
        assert gateway.status("soon").state == "Pending"
        await gateway.until_serial("soon.test", soon.serial)
        assert gateway.status("soon").state == "Accepted"
        await gateway.until_reason("soon", "expired on")
        assert await gateway.serial("soon.test") == soon.serial


async def test_a_secret_that_comes_late_heals_its_host_and_nobody_else_answers_before(
    tmp_path: Path, authority: Authority
) -> None:
    late, rest = authority.issue("late.test"), authority.issue("rest.test")
    services = (service("late", "late.test", secret_ref="late"), service("rest", "*", secret_ref="rest"))
    async with secure_gateway(tmp_path, *services, secrets={"rest": rest.data()}, authority=authority) as gateway:
        await gateway.until_serial("rest.test", rest.serial)
        assert gateway.status("late").state == "Pending"
        assert "'late'" in gateway.status("late").reason
        assert await gateway.serial("late.test") is None
        async with gateway.client() as client:
            answer = await client.get("/", headers={"host": "late.test"}, extensions={"sni_hostname": "rest.test"})
        assert (answer.status_code, answer.json()["error"]["reason"]) == (421, "misdirected")
        gateway.secret("late", late.data())
        await gateway.until_serial("late.test", late.serial)
        assert gateway.status("late").state == "Accepted"
        assert (await gateway.ask("late.test")).status_code == 200


async def test_clients_prove_themselves_and_cannot_slip_in_by_another_host(
    tmp_path: Path, authority: Authority
) -> None:
    clients = Authority.make("Clients")
    server, openly = authority.issue("safe.test"), authority.issue("open.test")
    alice, mallory = clients.issue("alice.test"), clients.issue("mallory.test")
    stranger = authority.issue("alice.test")
    services = (
        service(
            "safe",
            "safe.test",
            secret_ref="safe",
            require_client_certificate=True,
            verify_subject_alt_names=["alice.test"],
        ),
        service("open", "open.test", secret_ref="open"),
    )
    secrets = {"safe": {**server.data(), "ca.crt": clients.certificate}, "open": openly.data()}
    async with secure_gateway(tmp_path, *services, secrets=secrets, authority=authority) as gateway:
        await gateway.until_serial("open.test", openly.serial)
        answer = await gateway.ask("safe.test", certificate=alice)
        told = dict(answer.json()["headers"])["x-forwarded-client-cert"]
        assert "DNS=alice.test" in told
        for certificate in (None, mallory, stranger):
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                await gateway.ask("safe.test", certificate=certificate)
        assert (await gateway.ask("safe.test", sni="open.test")).status_code == 421
        assert (await gateway.ask("open.test", sni="safe.test", certificate=alice)).status_code == 421


async def test_calls_that_no_client_waits_for_tell_its_certificate_and_not_what_it_says_of_one(
    tmp_path: Path, authority: Authority
) -> None:
    clients = Authority.make("Clients")
    server, alice = authority.issue("safe.test"), clients.issue("alice.test")
    safe = service("safe", "safe.test", secret_ref="safe", require_client_certificate=True)
    plain = service("plain", "plain.test")
    for each in (safe, plain):
        (route,) = each["routes"]
        route |= {"extensions": {"async": True}, "prefix_rewrite": f"/{each['name']}/"}
    secrets = {"safe": {**server.data(), "ca.crt": clients.certificate}}
    forged = {"x-forwarded-client-cert": "DNS=mallory.test"}
    async with secure_gateway(tmp_path, safe, plain, secrets=secrets, authority=authority) as gateway:
        async with gateway.client(certificate=alice) as client:
            named = {"sni_hostname": "safe.test"}
            answer = await client.get("/x", headers={"host": "safe.test", **forged}, extensions=named)
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{gateway.http_port}") as client:
            in_the_clear = await client.get("/x", headers={"host": "plain.test", **forged})
        assert (answer.status_code, in_the_clear.status_code) == (202, 202)
        (told,) = (await gateway.upstream.wait_asked("safe")).values("x-forwarded-client-cert")
        assert "DNS=alice.test" in told
        assert "mallory" not in told
        assert (await gateway.upstream.wait_asked("plain")).values("x-forwarded-client-cert") == []


async def test_http_is_redirected_where_it_is_asked_for(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("one.test", "two.test")
    services = (
        service("one", "one.test", secret_ref="one", http_redirect=True),
        service("two", "two.test", secret_ref="one"),
    )
    async with secure_gateway(tmp_path, *services, secrets={"one": issued.data()}, authority=authority) as gateway:
        await gateway.until_serial("one.test", issued.serial)
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{gateway.http_port}") as client:
            outside = await client.get("/a?b=c", headers={"host": "one.test"})
            here = await client.get("/a?b=c", headers={"host": f"one.test:{gateway.http_port}"})
            other = await client.get("/", headers={"host": "two.test"})
        assert (outside.status_code, outside.headers["location"]) == (301, "https://one.test/a?b=c")
        assert here.headers["location"] == f"https://one.test:{gateway.https_port}/a?b=c"
        assert other.status_code == 404


async def test_versions_of_tls_are_as_the_virtual_service_says(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("new.test", "old.test")
    services = (
        service("new", "new.test", secret_ref="one", min_tls_version="TLSv1_3"),
        service(
            "old", "old.test", secret_ref="one", cipher_suites=["ECDHE-ECDSA-AES256-GCM-SHA384"], alpn=["http/1.1"]
        ),
    )
    async with secure_gateway(tmp_path, *services, secrets={"one": issued.data()}, authority=authority) as gateway:
        await gateway.until_serial("new.test", issued.serial)
        twelve, weak = unchecked(), unchecked()
        twelve.maximum_version = weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        assert await gateway.serial("new.test", twelve) is None
        assert await gateway.serial("old.test", twelve) == issued.serial
        assert await gateway.serial("old.test", weak) is None
        assert (await gateway.ask("old.test", http2=True)).http_version == "HTTP/1.1"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
async def test_a_version_is_spoken_where_a_cipher_suite_is_for_it_and_the_certificate(
    tmp_path: Path, authority: Authority
) -> None:
    versions = dict(zip(get_args(TlsVersion), list(ssl.TLSVersion)[2:6], strict=True))
    key = rsa.generate_private_key(65537, 2048)
    secrets = {"ECDSA": authority.issue("*.test").data(), "RSA": authority.issue("*.test", key=key).data()}
    cases = {
        f"{kind}-{cipher}".lower(): (kind, (cipher,) if cipher else ())
        for kind in get_args(KeyKind)
        for cipher in ("", *get_args(Cipher))
    }
    services = [
        service(
            f"case-{number}", f"{name}.test", secret_ref=kind, min_tls_version="TLSv1_0", cipher_suites=list(ciphers)
        )
        for number, (name, (kind, ciphers)) in enumerate(cases.items())
    ]
    async with secure_gateway(tmp_path, *services, secrets=secrets, authority=authority) as gateway:

        async def spoken(name: str, version: ssl.TLSVersion) -> bool:
            old = unchecked()
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = version
            return await gateway.serial(f"{name}.test", old) is not None

        async def listens() -> bool:
            return await spoken("rsa-aes256-sha", ssl.TLSVersion.TLSv1_3)

        await until(listens)
        for number, (name, (kind, ciphers)) in enumerate(cases.items()):
            expected = {version: has_suite(version, ciphers, kind) for version in versions}
            assert {version: await spoken(name, versions[version]) for version in versions} == expected, name
            warned = [problem.warning for problem in gateway.status(f"case-{number}").problems]
            assert warned == ([] if all(expected.values()) else [True])


async def test_the_https_port_opens_with_the_first_certificate_and_http_closes_without_a_host(
    tmp_path: Path, authority: Authority
) -> None:
    issued = authority.issue("one.test")
    async with secure_gateway(tmp_path, service("one", "one.test"), secrets={}, authority=authority) as gateway:
        assert not await _listens(gateway.https_port)
        assert await _listens(gateway.http_port)
        gateway.secret("one", issued.data())
        rewrite(gateway, service("one", "one.test", secret_ref="one"))
        await gateway.until_serial("one.test", issued.serial)

        async def closed() -> bool:
            return not await _listens(gateway.http_port)

        await until(closed)


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False


async def test_no_key_is_in_what_envoy_or_a_reader_is_shown(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("one.test")
    services = (service("one", "one.test", secret_ref="one"),)
    async with secure_gateway(tmp_path, *services, secrets={"one": issued.data()}, authority=authority) as gateway:
        await gateway.until_serial("one.test", issued.serial)
        body = issued.private_key.splitlines()[1]
        published = gateway.loop.translation
        assert published is not None
        assert body not in repr(published)
        assert body not in json.dumps([str(problem) for problem in gateway.status("one").problems])
