"""Watching the artifacts that the configuration names, and no others."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

import structlog

from gloo.control_plane.named_watch import NamedWatch
from gloo.errors import StorageError
from gloo.model.artifact import Artifact
from gloo.storage.base import ArtifactStorage

_log = structlog.get_logger("gloo.artifacts")


class ArtifactWatch(NamedWatch[Mapping[str, Artifact]]):
    """Keeps the artifacts of a changing set of names; tells when one changes.

    Args:
        storage: where they live.
        tell: called after each change.
    """

    what = "artifacts"

    def __init__(self, storage: ArtifactStorage, tell: Callable[[], None]) -> None:
        super().__init__({}, tell)
        self._storage = storage

    @property
    def artifacts(self) -> Mapping[str, Artifact]:
        """The named artifacts that exist; one that did not change is the same object as before."""
        return self._state

    def _states(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        return self._storage.watch(names)

    def _compared(self, state: Mapping[str, Artifact], names: frozenset[str]) -> Mapping[str, Artifact]:
        """Keep what did not change the same object, over a change of *names* too."""
        return {name: self._state[name] if self._state.get(name) == each else each for name, each in state.items()}

    def _without(self, error: Exception) -> Mapping[str, Artifact]:
        if isinstance(error, StorageError):
            _log.warning("the artifacts can't be followed, keeping what is known", problem=str(error))
        else:
            _log.error("a bug: the artifacts are not followed, keeping what is known", exc_info=error)
        return self._state


async def read_artifacts(storage: ArtifactStorage, names: frozenset[str]) -> Mapping[str, Artifact]:
    """Read the artifacts *names* once. Raises StorageError."""
    if not names:
        return {}
    async with aclosing(storage.watch(names)) as states:
        return await anext(states)
