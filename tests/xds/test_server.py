"""The server on a Unix socket and on TCP, against gRPC's own client."""

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import grpc.aio
import pytest
from envoy.service.discovery.v3 import ads_pb2_grpc
from envoy.service.discovery.v3 import discovery_pb2 as pb
from structlog.testing import capture_logs
from tests.xds.conversation import snapshot
from tests.xds.waiting import until

from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.errors import GlooError
from gloo.xds import AdsServer, SnapshotCache

CLUSTERS = ResourceType.CLUSTER.type_url


@pytest.fixture
def socket() -> Iterator[Path]:
    with TemporaryDirectory(prefix="xds") as folder:  # a short path: a socket's may have 107 bytes
        yield Path(folder) / "xds.sock"


@contextlib.asynccontextmanager
async def _stub(target: str) -> AsyncIterator[ads_pb2_grpc.AggregatedDiscoveryServiceStub]:
    options = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(target, options=options) as channel:
        yield ads_pb2_grpc.AggregatedDiscoveryServiceStub(channel)


def _first(node: str = "web~1") -> pb.DeltaDiscoveryRequest:
    request = pb.DeltaDiscoveryRequest(type_url=CLUSTERS)
    request.node.id = node
    return request


async def test_a_delta_client_gets_changes_and_its_answers_are_receipts(socket: Path) -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster a:1 b:1"))
    async with AdsServer(cache, socket=socket), _stub(f"unix:{socket}") as stub, asyncio.timeout(10):
        call = stub.DeltaAggregatedResources()
        await call.write(_first())
        response = await call.read()
        assert [entry.name for entry in response.resources] == ["a", "b"]
        await call.write(pb.DeltaDiscoveryRequest(type_url=CLUSTERS, response_nonce=response.nonce))
        assert str(await cache.settled("web", timeout=5)) == "live on 1/1"
        cache.publish("web", snapshot("cluster a:1 b:2"))
        assert [entry.name for entry in (await call.read()).resources] == ["b"]


async def test_a_state_of_the_world_client_is_served_over_tcp() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster a:1 b:1"))
    server = AdsServer(cache, address="127.0.0.1:0")
    request = pb.DiscoveryRequest(type_url=CLUSTERS)
    request.node.id = "web~1"
    async with server, _stub(f"127.0.0.1:{server.port}") as stub, asyncio.timeout(10):
        call = stub.StreamAggregatedResources()
        await call.write(request)
        assert [entry.value for entry in (await call.read()).resources] == [b"a:1", b"b:1"]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_socket_is_open_to_its_owner_alone(socket: Path) -> None:
    async with AdsServer(SnapshotCache(), socket=socket):
        assert _mode(socket) == 0o600


async def test_a_message_larger_than_64_megabytes_passes(socket: Path) -> None:
    cache = SnapshotCache()
    cache.publish("web", EnvoySnapshot.of(Resource(ResourceType.CLUSTER, "big", bytes(65 * 1024 * 1024))))
    async with AdsServer(cache, socket=socket), _stub(f"unix:{socket}") as stub, asyncio.timeout(20):
        call = stub.DeltaAggregatedResources()
        await call.write(_first())
        assert (await call.read()).ByteSize() > 65 * 1024 * 1024


async def test_a_client_that_hangs_up_is_forgotten(socket: Path) -> None:
    cache = SnapshotCache()
    async with AdsServer(cache, socket=socket), asyncio.timeout(10):
        async with _stub(f"unix:{socket}") as stub:
            call = stub.DeltaAggregatedResources()
            await call.write(_first())
            await until(cache.connected)
            assert cache.connected()[0].peer.startswith("unix:")
        await until(lambda: not cache.connected())


async def test_a_client_that_is_done_gets_a_clean_end(socket: Path) -> None:
    cache = SnapshotCache()
    async with AdsServer(cache, socket=socket), _stub(f"unix:{socket}") as stub, asyncio.timeout(10):
        call = stub.DeltaAggregatedResources()
        await call.write(_first())
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK
        assert not cache.connected()


async def test_stopping_ends_the_streams_and_leaves_no_task(socket: Path) -> None:
    cache = SnapshotCache()
    before = asyncio.all_tasks()
    async with _stub(f"unix:{socket}") as stub, asyncio.timeout(10):
        async with AdsServer(cache, socket=socket):
            call = stub.DeltaAggregatedResources()
            await call.write(_first())
            await until(cache.connected)
        assert await call.code() is not grpc.StatusCode.OK
        await until(lambda: not cache.connected())
    leftover = {task for task in asyncio.all_tasks() - before if "gloo" in repr(task)}
    assert not leftover


async def test_an_unreadable_request_ends_only_its_stream(socket: Path) -> None:
    cache = SnapshotCache()
    async with AdsServer(cache, socket=socket), _stub(f"unix:{socket}") as stub, asyncio.timeout(10):
        good = stub.DeltaAggregatedResources()
        await good.write(_first())
        async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
            method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
            bad = channel.stream_stream(method)()
            await bad.write(b"\xff\xff")
            assert await bad.code() is grpc.StatusCode.INVALID_ARGUMENT
        cache.publish("web", snapshot("cluster a:1"))
        assert [entry.name for entry in (await good.read()).resources] == ["a"]


async def test_a_silent_client_is_logged_with_what_it_owes(socket: Path) -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster a:1"))
    server = AdsServer(cache, socket=socket, patience=0.05)
    with capture_logs() as logs:
        async with server, _stub(f"unix:{socket}") as stub, asyncio.timeout(10):
            call = stub.DeltaAggregatedResources()
            await call.write(_first())
            await call.read()
            await until(lambda: any(line["event"] == "Envoy is stuck" for line in logs))
    (stuck,) = [line for line in logs if line["event"] == "Envoy is stuck"]
    assert stuck["node"] == "web~1"
    assert stuck["reason"].startswith("Envoy has not answered for cluster a in ")


async def test_a_taken_address_is_said(socket: Path) -> None:
    async with AdsServer(SnapshotCache(), address="127.0.0.1:0") as first:
        with pytest.raises(GlooError, match=f"cannot listen on 127.0.0.1:{first.port}"):
            await AdsServer(SnapshotCache(), address=f"127.0.0.1:{first.port}").start()
