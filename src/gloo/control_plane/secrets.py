"""Watching the secrets that the configuration names, and no others."""

import asyncio
import random
import traceback
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path

import structlog

from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.storage.base import DocumentProblem, SecretState, SecretStorage

_PATIENCE = 5.0  # seconds for the first look at newly named secrets
_log = structlog.get_logger("gloo.secrets")

BUG = "a bug in the store of secrets, the log has it"


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
        self._absent: frozenset[str] = frozenset()
        self._seen = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with named secrets, or with the store."""
        return tuple(as_problem(each) for each in self._state.problems)

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
            _log.warning("the secrets are not read yet, going on without", names=sorted(names))

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
                        self._take(state, names)
            except StorageError as error:
                self._take(SecretState(self._state.secrets, (DocumentProblem("", str(error)),)), names)
            except Exception as error:  # noqa: BLE001 - a bug of a store must not stop what serves
                tell_bug("the secrets are not followed", error)
                self._take(SecretState(self._state.secrets, (DocumentProblem("", BUG),)), names)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all ask at once
            wait = min(2 * wait, 10.0)

    def _take(self, state: SecretState, names: frozenset[str]) -> None:
        self._tell_problems(state, names)
        first = not self._seen.is_set()
        self._state = state
        self._seen.set()
        if not first:
            self._tell()

    def _tell_problems(self, state: SecretState, names: frozenset[str]) -> None:
        """Log what is new: what is wrong, which secrets there are not, and that the store is back."""
        for problem in state.problems:
            if problem not in self._state.problems:
                what = "a secret can't be used" if problem.name else "the secret store fails, keeping what is known"
                _log.warning(what, problem=str(problem))
        if _is_down(self._state) and not _is_down(state):
            _log.info("the secret store answers again")
        troubled = {problem.name for problem in state.problems}
        absent = frozenset() if _is_down(state) else names - state.secrets.keys() - troubled
        for name in sorted(absent - self._absent):
            _log.warning("there is no such secret yet", secret=name, place=self._storage.place(name))
        self._absent = absent


def tell_bug(what: str, error: Exception, **about: str) -> None:
    """Log a bug near secrets by what and where it is: the words of *error* may hold one."""
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            tell_bug(what, each, **about)
        return
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error(f"a bug: {what}", error=type(error).__name__, at=" > ".join(at), **about)


def as_problem(problem: DocumentProblem) -> Problem:
    """Return *problem* of a secret, or of the store as a whole, as users see it."""
    said = f"secret {problem.name!r}: {problem.problem}" if problem.name else problem.problem
    return Problem(problem=said, hint=problem.hint)


def _is_down(state: SecretState) -> bool:
    return any(not problem.name for problem in state.problems)
