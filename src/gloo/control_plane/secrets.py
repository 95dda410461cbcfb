"""Watching the secrets that the configuration names, and no others."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress

import structlog

from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.storage.base import SecretState, SecretStorage

_PATIENCE = 5.0  # seconds for the first look at newly named secrets


class SecretWatch:
    """Keeps the secrets of a changing set of names; tells when one changes.

    Args:
        storage: where they live.
        tell: called after each change.
    """

    def __init__(self, storage: SecretStorage, tell: Callable[[], None]) -> None:
        self._storage = storage
        self._tell = tell
        self._names: frozenset[str] = frozenset()
        self._state = SecretState()
        self._seen = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("gloo.secrets")

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """The named secrets that exist; one that did not change is the same object as before."""
        return self._state.secrets

    async def want(self, names: frozenset[str], group: asyncio.TaskGroup) -> None:
        """Watch *names* from now on; return when they have been looked at once, or after a bounded wait."""
        if names == self._names:
            return
        await self.stop()
        self._names, self._seen = names, asyncio.Event()
        if not names:
            self._state = SecretState()
            return
        self._task = group.create_task(self._watch(names), name="secrets")
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._seen.wait()
        except TimeoutError:
            self._log.warning("the secrets are not read yet, going on without", names=sorted(names))

    async def stop(self) -> None:
        """Stop watching."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, names: frozenset[str]) -> None:
        wait = 0.1
        while True:
            try:
                async with aclosing(self._storage.watch(names)) as states:
                    async for state in states:
                        wait = 0.1
                        self._take(state)
            except StorageError as error:
                self._log.warning("the secret store can't be read, keeping what is known", problem=str(error))
            self._seen.set()
            await asyncio.sleep(wait)
            wait = min(2 * wait, 10.0)

    def _take(self, state: SecretState) -> None:
        for problem in state.problems:
            self._log.warning("a secret can't be used", problem=str(problem))
        first = not self._seen.is_set()
        self._state = state
        self._seen.set()
        if not first:
            self._tell()
