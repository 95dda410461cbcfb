"""Documents to objects, at the cost of what changed: an unchanged document keeps its objects.

A document that can't be read spoils only itself: the objects it held keep their last good form, which is remembered
across restarts by whoever keeps `ConfigReader.good`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gloo.model.codec import ConfigObject, decode
from gloo.model.source import Document
from gloo.model.status import Problem
from gloo.model.text import TextError
from gloo.storage.base import DocumentProblem, State
from gloo.translator.bugs import bug_in


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store's state says."""

    objects: tuple[ConfigObject, ...]
    problems: tuple[Problem, ...]
    good: Mapping[str, Document] = field(default_factory=dict)


class ConfigReader:
    """Decodes states, one after the other.

    Args:
        good: the last good form of each document, from an earlier run.
    """

    def __init__(self, good: Mapping[str, Document] | None = None) -> None:
        self._decoded: dict[str, tuple[Document, tuple[ConfigObject, ...]]] = {}
        self._remembered = dict(good or {})

    def read(self, state: State) -> Reading:
        """Decode *state*; a broken document is reported and stands as it last was."""
        problems = [_of_store(problem) for problem in state.problems]
        decoded: dict[str, tuple[Document, tuple[ConfigObject, ...]]] = {}
        for document in state.documents:
            entry, problem = self._document(document)
            if entry is not None:
                decoded[document.name] = entry
            if problem is not None:
                problems.append(problem)
        self._decoded = decoded
        self._remembered = {name: entry[0] for name, entry in decoded.items()}
        objects = tuple(item for _, items in decoded.values() for item in items)
        return Reading(objects, tuple(problems), self._remembered)

    def _document(self, document: Document) -> tuple[tuple[Document, tuple[ConfigObject, ...]] | None, Problem | None]:
        known = self._decoded.get(document.name)
        if known is not None and known[0] is document:
            return known, None
        try:
            return (document, decode(document)), None
        except TextError as error:
            last = known or self._last_good(document.name)
            return last, _broken(document.name, error, kept=last is not None)
        except Exception as error:  # noqa: BLE001 - a bug about one document must not stop the others
            last = known or self._last_good(document.name)
            bug = TextError(bug_in(document.name, error)[1].problem, "please report it")
            return last, _broken(document.name, bug, kept=last is not None)

    def _last_good(self, name: str) -> tuple[Document, tuple[ConfigObject, ...]] | None:
        """Return what *name* held in an earlier run; None when that can't be read either, as after an upgrade."""
        document = self._remembered.get(name)
        if document is None:
            return None
        try:
            return document, decode(document)
        except Exception:  # noqa: BLE001 - it can't be read any more, for whatever reason
            return None


def _of_store(problem: DocumentProblem) -> Problem:
    return Problem(problem=problem.problem, hint=problem.hint, file=problem.name)


def _broken(name: str, error: TextError, *, kept: bool) -> Problem:
    kept_hint = "what it held before goes on" if kept else "nothing of it is used"
    hint = "; ".join(part for part in (error.hint, kept_hint) if part)
    return Problem(problem=error.problem, hint=hint, file=name, line=error.line)
