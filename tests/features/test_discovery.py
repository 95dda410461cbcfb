"""Discovery in a whole control plane: nobody is asked unbidden, and verdicts tell what came of questions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import PlatformServer, platform_server
from tests.support.translating import GATEWAY, PLUGINS

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.discovery.asking import Asking
from gloo.discovery.loop import DiscoveryLoop, Timing
from gloo.discovery.pace import Pace
from gloo.model.base import Json
from gloo.model.source import Document
from gloo.model.status import State, Status
from gloo.storage.memory import MemoryArtifacts, MemorySecrets, MemoryStorage

FAAS = 'name: faas\ntype: openfaas\nspec: {{gateway: "{url}"}}\ndiscovery: {{functions: {on}}}\n'
SHOP = """
name: shop
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: faas, function_name: report}}
"""


@asynccontextmanager
async def control_plane(storage: MemoryStorage, pace: Pace) -> AsyncIterator[ControlLoop]:
    """Run one in which the time between questions does not count."""

    async def pause(_seconds: float) -> None:
        await asyncio.sleep(0.001)

    discovery = DiscoveryLoop(Asking().ask, timing=Timing(pace=pace, pause=pause))
    loop = ControlLoop(
        Stores(storage, MemorySecrets(), MemoryArtifacts()), PLUGINS, gateway=GATEWAY, discovery=discovery
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        yield loop
        task.cancel()


def documents(server: PlatformServer, *, on: bool) -> Iterable[Document]:
    yield Document("upstreams/faas.yaml", FAAS.format(url=server.url, on=str(on).lower()), "Upstream")
    yield Document("virtual_services/shop.yaml", SHOP, "VirtualService")


async def until(loop: ControlLoop, ref: str, holds: Callable[[Status], bool]) -> Status:
    """Wait for a verdict that holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while True:
            status = loop.translation.reports.get(ref) if loop.translation else None
            if status is not None and holds(status):
                return status
            await asyncio.sleep(0.005)


async def test_as_long_as_discovery_is_off_nobody_is_asked() -> None:
    async with platform_server(lambda request: [{"name": "report"}]) as server:
        storage = MemoryStorage(tuple(documents(server, on=False)))
        async with control_plane(storage, Pace()) as loop:
            await until(loop, "VirtualService/shop", lambda status: status.state is State.PENDING)
            assert server.asked == []
            storage.write("upstreams/faas.yaml", FAAS.format(url=server.url, on="true"))
            await until(loop, "VirtualService/shop", lambda status: status.state is State.ACCEPTED)
            storage.write("upstreams/faas.yaml", FAAS.format(url=server.url, on="false"))
            await until(loop, "VirtualService/shop", lambda status: status.state is State.PENDING)
    assert set(server.asked) == {"GET /system/functions"}


async def test_a_failure_is_a_warning_keeps_what_is_known_and_goes_when_it_is_over() -> None:
    failing = False

    def say(request: Request) -> Response | Json:
        return Response(status_code=500) if failing else [{"name": "report"}]

    async with platform_server(say) as server:
        storage = MemoryStorage(tuple(documents(server, on=True)))
        async with control_plane(storage, Pace()) as loop:
            await until(loop, "VirtualService/shop", lambda status: status.state is State.ACCEPTED)
            failing = True
            status = await until(loop, "Upstream/faas", lambda status: bool(status.problems))
            (problem,) = status.problems
            assert (status.state, problem.warning, problem.file) == (State.ACCEPTED, True, "upstreams/faas.yaml")
            assert "/system/functions was answered 500" in problem.problem
            assert loop.translation is not None
            assert loop.translation.reports["VirtualService/shop"].state is State.ACCEPTED
            failing = False
            await until(loop, "Upstream/faas", lambda status: not status.problems)
