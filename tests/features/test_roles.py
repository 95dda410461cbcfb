"""What an Envoy of one role refuses is left out; what those of other roles take proves nothing of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.features.test_control_loop import FakeEnvoy, answering, until

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.control_plane.state import StateFolder, read_statuses
from gloo.envoy.snapshot import ResourceType
from gloo.model.source import Document
from gloo.model.status import State
from gloo.plugins.registry import load_plugins
from gloo.storage.memory import MemoryArtifacts, MemorySecrets, MemoryStorage
from gloo.translator import Gateway
from gloo.xds.messages import Response

TABLE = (ResourceType.ROUTE, "gloo-http")


@asynccontextmanager
async def ingress_and_edge(storage: MemoryStorage, state: StateFolder) -> AsyncIterator[FakeEnvoy]:
    """Run a control plane with an Envoy that takes everything, and one of the role edge that refuses what is bad."""
    plugins, _ = load_plugins()
    stores = Stores(storage, MemorySecrets(), MemoryArtifacts())
    loop = ControlLoop(stores, plugins, gateway=Gateway("127.0.0.1"), state=state)
    ingress = FakeEnvoy(loop.cache.connect("ingress~fake", delta=True), lambda response: None)
    edge = FakeEnvoy(loop.cache.connect("edge~fake", delta=True), refuses_bad)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.run()) for each in (loop, ingress, edge)]
        yield edge
        for task in tasks:
            task.cancel()


def refuses_bad(response: Response) -> str | None:
    refused = any(b"bad.test" in each.body for each in response.resources)
    return "no such thing" if response.type is ResourceType.ROUTE and refused else None


def of_edge(name: str, text: str) -> str:
    return answering(name, text) + "roles: [edge]\n"


def document(name: str, text: str) -> Document:
    return Document(f"{name}.yaml", text, "VirtualService")


def states(folder: Path) -> dict[str, State]:
    statuses = read_statuses(folder).statuses
    return {ref.removeprefix("VirtualService/"): status.state for ref, status in statuses.items()}


ONE_IS_BAD = {"bad": State.REJECTED, "good": State.ACCEPTED, "inner": State.ACCEPTED}


async def test_at_the_start_what_another_role_refuses_is_left_out_and_the_rest_of_it_goes_live(tmp_path: Path) -> None:
    storage = MemoryStorage(
        (
            document("inner", answering("inner", "one")),
            document("bad", of_edge("bad", "one")),
            document("good", of_edge("good", "one")),
        )
    )
    with StateFolder(tmp_path).opened() as state:
        async with ingress_and_edge(storage, state) as edge:
            await until(lambda: b"good.test" in edge.has.get(TABLE, b""))
            await until(lambda: states(tmp_path) == ONE_IS_BAD)


async def test_an_edit_that_ingress_takes_blames_nobody_else_for_what_edge_refuses(tmp_path: Path) -> None:
    storage = MemoryStorage(
        (document("inner", answering("inner", "one")), document("good", of_edge("good", "one"))),
    )
    with StateFolder(tmp_path).opened() as state:
        async with ingress_and_edge(storage, state) as edge:
            await until(lambda: b"good.test" in edge.has.get(TABLE, b""))
            storage.write("bad.yaml", of_edge("bad", "one"))
            storage.write("inner.yaml", answering("inner", "two"))
            await until(lambda: states(tmp_path) == ONE_IS_BAD)
            storage.write("good.yaml", of_edge("good", "second"))
            await until(lambda: b"second" in edge.has[TABLE])
            await until(lambda: states(tmp_path) == ONE_IS_BAD)


async def test_what_edge_refuses_of_an_edit_stays_as_it_was_beside_later_changes(tmp_path: Path) -> None:
    storage = MemoryStorage(
        (document("inner", answering("inner", "one")), document("good", of_edge("good", "first"))),
    )
    with StateFolder(tmp_path).opened() as state:
        async with ingress_and_edge(storage, state) as edge:
            await until(lambda: b"first" in edge.has.get(TABLE, b""))
            await until(lambda: states(tmp_path) == {"good": State.ACCEPTED, "inner": State.ACCEPTED})
            storage.write("good.yaml", of_edge("good", "bad.test"))
            await until(lambda: states(tmp_path)["good"] is State.REJECTED)
            storage.write("other.yaml", of_edge("other", "third"))
            await until(lambda: b"third" in edge.has[TABLE])
            assert b"first" in edge.has[TABLE]
