"""The artifacts that are named are followed, and a store that fails harms nothing that is known."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import pytest

from gloo.control_plane import named_watch
from gloo.control_plane.artifacts import ArtifactWatch, read_artifacts
from gloo.errors import StorageError
from gloo.model.artifact import Artifact
from gloo.storage import MemoryArtifacts

BOTH = frozenset(("a.txt", "b.txt"))


class Failing(MemoryArtifacts):
    """Fails once a watch has told its first state."""

    def __init__(self, error: Exception) -> None:
        super().__init__((Artifact("a.txt", "one"),))
        self.error = error

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        yield {"a.txt": Artifact("a.txt", "one")}
        raise self.error


async def test_a_named_artifact_is_there_at_once_and_a_change_is_told() -> None:
    store, told = MemoryArtifacts((Artifact("a.txt", "one"),)), asyncio.Event()
    watch = ArtifactWatch(store, told.set)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        await watch.want(frozenset(("a.txt",)), group)
        assert watch.artifacts["a.txt"].text == "one"
        assert not told.is_set()
        store.write("a.txt", "two")
        await told.wait()
        assert watch.artifacts["a.txt"].text == "two"
        await watch.stop()


async def test_what_did_not_change_is_the_same_object_when_other_names_are_wanted() -> None:
    store = MemoryArtifacts()
    watch = ArtifactWatch(store, lambda: None)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        store.write("a.txt", "one")
        await watch.want(frozenset(("a.txt",)), group)
        before = watch.artifacts["a.txt"]
        store.write("a.txt", "one")  # another object
        await watch.want(BOTH, group)
        assert watch.artifacts["a.txt"] is before
        await watch.want(frozenset(), group)
        assert watch.artifacts == {}


@pytest.mark.parametrize("error", [StorageError("the disk is gone"), RuntimeError("a bug")])
async def test_a_store_that_fails_leaves_what_is_known(error: Exception) -> None:
    told = asyncio.Event()
    watch = ArtifactWatch(Failing(error), told.set)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        await watch.want(BOTH, group)
        await told.wait()
        assert watch.artifacts["a.txt"].text == "one"
        await watch.stop()


class Slow(MemoryArtifacts):
    """Looks for what is wanted only when it is told to."""

    def __init__(self) -> None:
        super().__init__((Artifact("a.txt", "one"),))
        self.found = asyncio.Event()

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        await self.found.wait()
        yield {"a.txt": Artifact("a.txt", "one")}
        await asyncio.Event().wait()


async def test_what_is_found_when_nobody_waits_for_it_any_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_watch, "_PATIENCE", 0.01)
    store, told = Slow(), asyncio.Event()
    watch = ArtifactWatch(store, told.set)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        await watch.want(BOTH, group)
        assert watch.artifacts == {}
        store.found.set()
        await told.wait()
        assert watch.artifacts["a.txt"].text == "one"
        await watch.stop()


async def test_artifacts_are_read_once_for_commands() -> None:
    store = MemoryArtifacts((Artifact("a.txt", "one"), Artifact("c.txt", "x")))
    assert await read_artifacts(store, BOTH) == {"a.txt": Artifact("a.txt", "one")}
    assert await read_artifacts(store, frozenset()) == {}
