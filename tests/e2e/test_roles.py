"""Roles with a real Envoy: its node id decides what it gets, and one that says nothing known is told so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.support.ports import free_ports

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.plugins.registry import BUILT_IN, Plugins
from gloo.proxy.admin import Admin
from gloo.proxy.binary import find_envoy
from gloo.proxy.bootstrap import Bootstrap, bootstrap
from gloo.proxy.launch import Launch
from gloo.proxy.supervisor import Envoy, Patience
from gloo.storage.file import FileStorage
from gloo.storage.file_artifacts import FileArtifacts
from gloo.storage.file_secrets import FileSecrets
from gloo.translator import Gateway
from gloo.xds.server import AdsServer

CONFIG = """
virtual_services:
- name: everywhere
  domains: [in.test]
  roles: [internal]
  routes:
  - request_matcher: {path_prefix: /}
    extensions: {direct_response: {status: 200, body: internal}}
"""


@asynccontextmanager
async def envoy_of_role(role: str, folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    """Run a control plane, and an Envoy of *role*; yield its client, and the file of the configuration."""
    config = folder / "config"
    config.mkdir()
    (config / "all.yaml").write_text(CONFIG)
    (port,) = free_ports(1)
    loop = ControlLoop(
        Stores(FileStorage(config), FileSecrets(config / "secrets"), FileArtifacts(config)),
        Plugins.of(BUILT_IN),
        gateway=Gateway("127.0.0.1", port, 0),
    )
    told = Bootstrap(role=role, name="1", xds_socket=folder / "xds.sock", admin_socket=folder / "admin.sock")
    launch = Launch(binary=find_envoy(None), bootstrap=bootstrap(told), folder=folder, concurrency=1)
    envoy = Envoy(launch, Admin(told.admin_socket), patience=Patience(drain=0))
    async with AdsServer(loop.cache, socket=told.xds_socket), asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        async with (
            envoy.running(),
            httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}", timeout=5) as client,
        ):
            await envoy.wait_ready()
            yield client, config / "all.yaml"
        task.cancel()


async def test_an_envoy_gets_the_virtual_services_of_its_role(tmp_path: Path) -> None:
    async with envoy_of_role("internal", tmp_path) as (client, _):
        answer = await client.get("/", headers={"host": "in.test"})
        assert (answer.status_code, answer.text) == (200, "internal")


async def test_an_envoy_of_an_unknown_role_answers_what_is_wrong_until_the_role_exists(tmp_path: Path) -> None:
    async with envoy_of_role("lost", tmp_path) as (client, file):
        answer = await client.get("/anything", headers={"host": "in.test"})
        error = answer.json()["error"]
        assert (answer.status_code, error["reason"]) == (500, "unknown_role")
        assert "ingress, internal" in error["message"]
        assert "ROLE~NAME" in error["message"]
        written = file.with_suffix(".new")
        written.write_text(CONFIG.replace("[internal]", "[internal, lost]"))
        written.replace(file)
        async with asyncio.timeout(10):
            while True:
                try:
                    answer = await client.get("/", headers={"host": "in.test"})
                except httpx.TransportError:
                    continue  # between two listeners on one port
                if answer.status_code == 200:
                    break
        assert answer.text == "internal"
