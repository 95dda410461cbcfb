"""A gateway with TLS in this process, a client for it, and ways to ask which certificate a host answers with."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from cryptography import x509
from tests.support.authority import Authority, Issued, write_secret
from tests.support.ports import free_ports
from tests.support.recording_upstream import RecordingUpstream, recording_upstream

from gloo.control_plane.app import running_gateway
from gloo.control_plane.loop import ControlLoop
from gloo.control_plane.settings import Settings
from gloo.model.base import Json
from gloo.model.status import Status


@dataclass(frozen=True, slots=True)
class Secure:
    """A gateway with TLS: *folder* is what it reads, *authority* what its clients trust."""

    folder: Path
    http_port: int
    https_port: int
    loop: ControlLoop
    authority: Authority
    upstream: RecordingUpstream

    def secret(self, name: str, data: dict[str, str]) -> None:
        write_secret(self.folder / "secrets", name, data)

    def status(self, name: str) -> Status:
        assert self.loop.translation is not None
        return self.loop.translation.reports[f"VirtualService/{name}"]

    async def until_reason(self, name: str, reason: str) -> None:
        """Wait until the verdict on the virtual service *name* has *reason* in it."""

        async def told() -> bool:
            return reason in self.status(name).reason

        await until(told)

    async def serial(self, name: str | None, context: ssl.SSLContext | None = None) -> int | None:
        """Shake hands asking for *name*; the serial number of the certificate that came, None where it failed."""
        return await asyncio.to_thread(_serial, self.https_port, name, context or unchecked())

    async def until_serial(self, name: str | None, expected: int | None, *, seconds: float = 10) -> None:

        async def arrived() -> bool:
            return await self.serial(name) == expected

        await until(arrived, seconds=seconds)

    @asynccontextmanager
    async def client(
        self, *, http2: bool = False, certificate: Issued | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client that trusts the authority and comes with *certificate*."""
        context = ssl.create_default_context(cadata=self.authority.certificate)
        if certificate is not None:
            _load(context, certificate, self.folder.parent)
        async with httpx.AsyncClient(
            verify=context, http2=http2, trust_env=False, timeout=5, base_url=f"https://127.0.0.1:{self.https_port}"
        ) as client:
            yield client

    async def ask(self, host: str, *, sni: str | None = None, **options: object) -> httpx.Response:
        """Send one request for *host*, on a connection of its own."""
        async with self.client(**options) as client:  # type: ignore[arg-type]  # as `client` has them
            return await client.get("/x", headers={"host": host}, extensions={"sni_hostname": sni or host})


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 10) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


def unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _load(context: ssl.SSLContext, issued: Issued, folder: Path) -> None:
    file = folder / f"client-{issued.serial}.pem"
    file.write_text(issued.certificate + issued.private_key)
    context.load_cert_chain(file)


def _serial(port: int, name: str | None, context: ssl.SSLContext) -> int | None:
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as raw,
            context.wrap_socket(raw, server_hostname=name) as secure,
        ):
            found = secure.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(found).serial_number if found else None


def service(name: str, *domains: str, **ssl_config: Json) -> dict[str, Json]:
    route = {
        "request_matcher": {"path_prefix": "/"},
        "single_destination": {"upstream": {"name": "echo"}},
        "extensions": {"add_request_headers": [{"key": "x-service", "value": name}]},
    }
    written: dict[str, Json] = {"name": name, "domains": list(domains), "routes": [route]}
    return {**written, "ssl_config": ssl_config} if ssl_config else written


@asynccontextmanager
async def secure_gateway(
    tmp_path: Path, *services: dict[str, Json], secrets: dict[str, dict[str, str]], authority: Authority
) -> AsyncIterator[Secure]:
    folder = tmp_path / "config"
    folder.mkdir()
    async with recording_upstream() as upstream:
        echo = {"name": "echo", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": upstream.port}]}}
        (folder / "all.yaml").write_text(yaml.safe_dump({"upstreams": [echo], "virtual_services": list(services)}))
        for name, data in secrets.items():
            write_secret(folder / "secrets", name, data)
        http_port, https_port = free_ports(2)
        settings = Settings(
            dir=str(folder),
            bind="127.0.0.1",
            http_port=http_port,
            https_port=https_port,
            concurrency=1,
            drain_seconds=0,
        )
        async with running_gateway(settings) as (_, loop):
            yield Secure(folder, http_port, https_port, loop, authority, upstream)


def rewrite(gateway: Secure, *services: dict[str, Json]) -> None:
    """Exchange the virtual services."""
    file = gateway.folder / "all.yaml"
    upstreams = yaml.safe_load(file.read_text())["upstreams"]
    written = gateway.folder / ".all.new"
    written.write_text(yaml.safe_dump({"upstreams": upstreams, "virtual_services": list(services)}))
    written.replace(file)
