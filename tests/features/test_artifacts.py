"""An artifact that is missing or spoiled is told on the function that names it, and heals by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.model.status import State, Status
from gloo.plugins.registry import load_plugins
from gloo.storage import FileArtifacts, MemorySecrets, MemoryStorage
from gloo.translator import Gateway


def upstream(name: str, *files: str) -> str:
    """Return an upstream with a function for each of *files*."""
    functions = [
        {
            "name": file.partition(".")[0],
            "spec": {"path": '/{{ data_source("t") }}', "data_sources": {"t": {"filename": file}}},
        }
        for file in files
    ]
    spec = {"hosts": [{"addr": "127.0.0.1", "port": 1}]}
    rest = {"type": "REST"}
    return json.dumps({"name": name, "type": "service", "spec": spec, "service_info": rest, "functions": functions})


@asynccontextmanager
async def running(config: MemoryStorage, folder: Path) -> AsyncIterator[ControlLoop]:
    stores = Stores(config, MemorySecrets(), FileArtifacts(folder))
    loop = ControlLoop(stores, load_plugins()[0], gateway=Gateway("127.0.0.1"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        yield loop
        task.cancel()


async def until(loop: ControlLoop, ref: str, holds: Callable[[Status], bool]) -> Status:
    """Return the verdict on *ref* once it *holds*; ten seconds at most."""
    async with asyncio.timeout(10):
        while True:
            if loop.translation is not None and (status := loop.translation.reports.get(ref)) and holds(status):
                return status
            await asyncio.sleep(0.01)


def is_(state: State) -> Callable[[Status], bool]:
    return lambda status: status.state is state


async def test_a_missing_artifact_is_pending_and_heals_without_a_touch_to_the_config(tmp_path: Path) -> None:
    config = MemoryStorage()
    config.write("upstreams/a.json", upstream("a", "one.txt"))
    async with running(config, tmp_path) as loop:
        missing = await until(loop, "Upstream/a", is_(State.PENDING))
        assert missing.reason == "functions[0].spec.data_sources.t.filename: there is no artifact 'one.txt'"
        (tmp_path / "artifacts").mkdir()
        (tmp_path / "artifacts" / "one.txt").write_text("text")
        await until(loop, "Upstream/a", is_(State.ACCEPTED))
        (tmp_path / "artifacts" / "one.txt").write_text("x" * 5000)
        spoiled = await until(loop, "Upstream/a", is_(State.REJECTED))
        assert "artifact 'one.txt' is 5000 bytes long" in spoiled.reason
        (tmp_path / "artifacts" / "one.txt").unlink()
        await until(loop, "Upstream/a", is_(State.PENDING))


async def test_a_change_of_an_artifact_leaves_the_other_upstreams_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    for name in ("one.txt", "two.txt"):
        (tmp_path / "artifacts" / name).write_text("x")
    config = MemoryStorage()
    config.write("upstreams/a.json", upstream("a", "one.txt"))
    config.write("upstreams/b.json", upstream("b", "two.txt"))
    async with running(config, tmp_path) as loop:
        other = await until(loop, "Upstream/a", is_(State.ACCEPTED))
        (tmp_path / "artifacts" / "two.txt").write_text("x" * 5000)
        await until(loop, "Upstream/b", is_(State.REJECTED))
        assert await until(loop, "Upstream/a", is_(State.ACCEPTED)) is other


async def test_an_artifact_that_is_named_later_is_there_at_once(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    for name in ("one.txt", "two.txt"):
        (tmp_path / "artifacts" / name).write_text("x")
    config = MemoryStorage()
    config.write("upstreams/a.json", upstream("a", "one.txt"))
    async with running(config, tmp_path) as loop:
        await until(loop, "Upstream/a", is_(State.ACCEPTED))
        config.write("upstreams/b.json", upstream("b", "one.txt", "two.txt"))
        found = await until(loop, "Upstream/a", is_(State.ACCEPTED))
        await until(loop, "Upstream/b", is_(State.ACCEPTED))
        assert await until(loop, "Upstream/a", is_(State.ACCEPTED)) is found
