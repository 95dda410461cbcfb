"""Domains with a real Envoy: exact, open at either end, with and without port, in any case, by HTTP/1.1 and HTTP/2."""

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.support.authority import Authority
from tests.support.secure_gateway import secure_gateway, service

DOMAINS = {
    "exact": ("Exact.test", "ported.test:8443"),
    "front": ("*.wild.test", "*-bar.part.test"),
    "back": ("back.*",),
    "rest": ("*",),
}
ASKED = {
    "exact.test": "exact",
    "EXACT.TEST": "exact",
    "exact.test:80": "exact",
    "exact.test.": "exact",
    "Exact.test.:80": "exact",
    "a.wild.test.": "front",
    "ported.test": "exact",
    "ported.test:8443": "exact",
    "ported.test:1": "exact",
    "a.wild.test": "front",
    "A.B.wild.test:8080": "front",
    "foo-bar.part.test": "front",
    "wild.test": "rest",
    "back.com": "back",
    "Back.co.uk:99": "back",
    "127.0.0.1:8080": "rest",
    "[::1]:8080": "rest",
}


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
async def test_a_host_finds_the_virtual_service_of_its_domain(tmp_path: Path, http2: bool) -> None:
    authority = Authority.make()
    services = (service(name, *domains) for name, domains in DOMAINS.items())
    async with secure_gateway(tmp_path, *services, secrets={}, authority=authority) as gateway:
        base = f"http://127.0.0.1:{gateway.http_port}"
        async with httpx.AsyncClient(http1=not http2, http2=http2, trust_env=False, base_url=base, timeout=5) as client:
            found = {}
            for host in ASKED:
                answer = await client.get("/", headers={"host": host})
                assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
                found[host] = dict(answer.json()["headers"])["x-service"]
        assert found == ASKED


async def test_a_client_of_http_1_0_is_answered(tmp_path: Path) -> None:
    async with secure_gateway(tmp_path, service("rest"), secrets={}, authority=Authority.make()) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.http_port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        async with asyncio.timeout(5):
            assert (await reader.readline()).split()[1] == b"200"
        writer.close()
