"""Following what a store holds under the names that the configuration has, and nothing else."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import ClassVar, Generic, TypeVar

import structlog

StateT = TypeVar("StateT")

_PATIENCE = 5.0  # seconds for the first look at newly named things
_log = structlog.get_logger("gloo.control_plane")


class NamedWatch(ABC, Generic[StateT]):
    """Keeps the state of a changing set of names; tells when it changes.

    Args:
        nothing: the state of no names.
        tell: called after each change.
    """

    what: ClassVar[str]
    """What the names are of, in the plural."""

    def __init__(self, nothing: StateT, tell: Callable[[], None]) -> None:
        self._state = self._nothing = nothing
        self._tell = tell
        self._names: frozenset[str] = frozenset()
        self._seen = asyncio.Event()
        self._is_awaited = False
        self._task: asyncio.Task[None] | None = None

    async def want(self, names: frozenset[str], group: asyncio.TaskGroup) -> None:
        """Watch *names* from now on; return when they have been looked at once, or after a bounded wait.

        What is found after that wait is told like a change.
        """
        if names == self._names:
            return
        await self.stop()
        self._names, self._seen = names, asyncio.Event()
        if not names:
            self._state = self._nothing
            return
        self._task = group.create_task(self._watch(names), name=self.what)
        self._is_awaited = True
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._seen.wait()
        except TimeoutError:
            _log.warning(f"the {self.what} are not read yet, going on without", names=sorted(names))
        finally:
            self._is_awaited = False

    async def stop(self) -> None:
        """Stop watching."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    @abstractmethod
    def _states(self, names: frozenset[str]) -> AsyncGenerator[StateT, None]:
        """Yield states as the store's `watch` does."""

    @abstractmethod
    def _without(self, error: Exception) -> StateT:
        """Return the state of a store that fails, after telling the log of an *error* that is a bug."""

    def _compared(self, state: StateT, names: frozenset[str]) -> StateT:
        """Return what is to take the place of the state before; tell the log what is new."""
        return state

    async def _watch(self, names: frozenset[str]) -> None:
        wait = 0.1
        while True:
            try:
                async with aclosing(self._states(names)) as states:
                    async for state in states:
                        wait = 0.1
                        self._take(state, names)
            except Exception as error:  # noqa: BLE001 - not even a bug of a store must stop what serves
                self._take(self._without(error), names)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all ask at once
            wait = min(2 * wait, 10.0)

    def _take(self, state: StateT, names: frozenset[str]) -> None:
        waited_for = self._is_awaited and not self._seen.is_set()
        self._state = self._compared(state, names)
        self._seen.set()
        if not waited_for:
            self._tell()
