"""Roles with a real Envoy: its node id decides what it gets, and one that says nothing known is told so."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.support.gateway import running_gateway
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
    xds, admin = folder / "xds.sock", folder / "admin.sock"
    told = Bootstrap(role=role, name="1", xds_socket=xds, admin_socket=admin)
    launch = Launch(binary=find_envoy(None), bootstrap=bootstrap(told), folder=folder, concurrency=1)
    envoy = Envoy(launch, Admin(admin), patience=Patience(drain=0))
    async with AdsServer(loop.cache, socket=xds), asyncio.TaskGroup() as group:
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


TWO_ROLES = """
virtual_services:
- name: shop
  routes:
  - request_matcher: {path_prefix: /}
    extensions: {direct_response: {status: 200, body: shop}}
- name: accounts
  roles: [internal]
  routes:
  - request_matcher: {path_prefix: /}
    extensions: {direct_response: {status: 200, body: accounts}}
"""


@asynccontextmanager
async def further_envoy(folder: Path, *arguments: str) -> AsyncIterator[None]:
    """Run what the two commands of docs/roles.md start."""
    command = (Path(sys.executable).with_name("gloo"), "envoy-config", "-d", str(folder), *arguments)
    asked = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.PIPE)
    config, _ = await asyncio.wait_for(asked.communicate(), 20)
    file = folder.parent / "further.json"
    file.write_bytes(config)
    envoy = await asyncio.create_subprocess_exec(
        find_envoy(None), "-c", str(file), "--disable-hot-restart", "--concurrency", "1", stderr=DEVNULL
    )
    try:
        yield
    finally:
        envoy.terminate()
        await asyncio.wait_for(envoy.wait(), 20)


async def answered(port: int, wanted: str) -> None:
    """Ask until the answer is *wanted*."""
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client,
    ):
        while True:
            try:
                if (await client.get("/")).text == wanted:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("by", ["address", "socket"])
async def test_a_second_envoy_of_another_role_runs_beside_that_of_the_gateway(tmp_path: Path, by: str) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "all.yaml").write_text(TWO_ROLES)
    port, secure, xds = free_ports(3)
    place = (f"--xds-{by}", str(xds) if by == "address" else str(tmp_path / "xds.sock"))
    async with (
        running_gateway(folder, *place, "--role-ports", f"internal={port}:{secure}") as gateway,
        further_envoy(folder, *place, "--role", "internal"),
    ):
        await answered(port, "accounts")
        assert (await gateway.get("/")).text == "shop"
        written = folder / "all.new"
        written.write_text(TWO_ROLES.replace("body: accounts", "body: changed"))
        written.replace(folder / "all.yaml")
        await answered(port, "changed")
        assert (await gateway.get("/")).text == "shop"
