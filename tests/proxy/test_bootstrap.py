import asyncio
import json
import stat
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from tests.proxy.waiting import until

from gloo.envoy.later import LATER_CLUSTER
from gloo.proxy.admin import Admin
from gloo.proxy.bootstrap import Bootstrap, bootstrap
from gloo.proxy.launch import Launch
from gloo.proxy.supervisor import Envoy


@pytest.fixture
def settings(folder: Path) -> Bootstrap:
    return Bootstrap(role="ingress", name="one", xds_socket=folder / "xds.sock", admin_socket=folder / "admin.sock")


@pytest.mark.parametrize("delta", [True, False])
def test_envoy_accepts_it(settings: Bootstrap, binary: Path, folder: Path, delta: bool) -> None:
    file = folder / "bootstrap.json"
    other = Bootstrap(
        role="r", name="n", xds_socket=settings.xds_socket, admin_socket=settings.admin_socket, delta=delta
    )
    file.write_text(bootstrap(other))
    command = [
        str(binary),
        "--mode",
        "validate",
        "-c",
        str(file),
        "--reject-unknown-dynamic-fields",
        "--disable-hot-restart",
    ]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert outcome.returncode == 0, outcome.stderr[-1000:]


def test_the_node_id_is_role_and_name(settings: Bootstrap) -> None:
    assert json.loads(bootstrap(settings))["node"] == {"id": "ingress~one", "cluster": "gloo"}


def test_the_control_plane_can_be_reached_by_tcp_and_the_admin_api_left_out(binary: Path, folder: Path) -> None:
    file = folder / "bootstrap.json"
    file.write_text(bootstrap(Bootstrap(role="r", name="n", xds_socket=("localhost", 18000), admin_socket=None)))
    assert "admin" not in json.loads(file.read_text())
    command = [str(binary), "--mode", "validate", "-c", str(file), "--disable-hot-restart"]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert outcome.returncode == 0, outcome.stderr[-1000:]


def test_no_statistics_named_means_all(settings: Bootstrap) -> None:
    every = Bootstrap(role="r", name="n", xds_socket=Path("x"), admin_socket=Path("a"), statistics=())
    assert json.loads(bootstrap(every))["stats_config"] == {}


def test_requests_to_the_listener_of_later_calls_share_no_connection(settings: Bootstrap) -> None:
    cluster = next(
        each
        for each in json.loads(bootstrap(settings))["static_resources"]["clusters"]
        if each["name"] == LATER_CLUSTER
    )
    (options,) = cluster["typed_extension_protocol_options"].values()
    assert options["common_http_protocol_options"] == {"max_requests_per_connection": 1}


class Calls(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc comes without types
    """An xDS server that takes note of what is called and with which first message."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        async def listen(requests: AsyncIterator[bytes], _: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
            async for request in requests:
                self.seen.append((details.method, request))
            yield b""

        return grpc.stream_stream_rpc_method_handler(listen)


async def test_envoy_asks_for_changes_over_the_unix_socket_and_keeps_its_admin_private(
    settings: Bootstrap, folder: Path, launch_of: Callable[[str], Launch]
) -> None:
    calls = Calls()
    server = grpc.aio.server(handlers=[calls])
    server.add_insecure_port(f"unix:{settings.xds_socket}")
    await server.start()
    assert settings.admin_socket is not None
    admin = Admin(settings.admin_socket)
    async with Envoy(launch_of(bootstrap(settings)), admin).running():
        await until(lambda: len(calls.seen) > 0)
        method, message = calls.seen[0]
        assert method == "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
        assert b"ingress~one" in message
        assert stat.S_IMODE(settings.admin_socket.stat().st_mode) == 0o600
        assert await admin.state() == "PRE_INITIALIZING"
        names = set(await admin.stats())
        assert {"server.live", "control_plane.connected_state", "listener_manager.lds.update_rejected"} <= names
        assert not any(name.startswith(("runtime.", "thread_local", "workers.")) for name in names)
    await server.stop(grace=None)
    await asyncio.wait_for(server.wait_for_termination(), 5)
