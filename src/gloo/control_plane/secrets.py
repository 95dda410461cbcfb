"""Watching the secrets that the configuration names, and no others."""

import traceback
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import structlog

from gloo.control_plane.named_watch import NamedWatch
from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.storage.base import DocumentProblem, SecretState, SecretStorage

_log = structlog.get_logger("gloo.secrets")

BUG = "a bug in the store of secrets, the log has it"


class SecretWatch(NamedWatch[SecretState]):
    """Keeps the secrets of a changing set of names; tells when one changes.

    Args:
        storage: where they live.
        tell: called after each change.
    """

    what = "secrets"

    def __init__(self, storage: SecretStorage, tell: Callable[[], None]) -> None:
        super().__init__(SecretState(), tell)
        self._storage = storage
        self._absent: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with named secrets, or with the store."""
        return tuple(as_problem(each) for each in self._state.problems)

    @property
    def spoilt(self) -> Mapping[str, str]:
        """Why those of the named secrets that exist but can't be used can't."""
        return spoilt_in(self._state)

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """The named secrets that exist; one that did not change is the same object as before."""
        return self._state.secrets

    def _states(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        return self._storage.watch(names)

    def _without(self, error: Exception) -> SecretState:
        if isinstance(error, StorageError):
            return SecretState(self._state.secrets, (DocumentProblem("", str(error)),))
        tell_bug("the secrets are not followed", error)
        return SecretState(self._state.secrets, (DocumentProblem("", BUG),))

    def _compared(self, state: SecretState, names: frozenset[str]) -> SecretState:
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
        return state


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


def spoilt_in(state: SecretState) -> Mapping[str, str]:
    """Return by name why secrets of *state* can't be had that are there."""
    return {each.name: each.problem for each in state.problems if each.name and each.name not in state.secrets}


def _is_down(state: SecretState) -> bool:
    return any(not problem.name for problem in state.problems)
