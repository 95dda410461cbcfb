"""Documents to objects, at the cost of what changed: an unchanged document keeps its objects.

A document that can't be read spoils only itself: the objects it held keep their last good form, which is remembered
across restarts by whoever keeps `ConfigReader.good`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject, decode
from gloo.model.source import Document
from gloo.model.status import Problem, kept, with_hint
from gloo.model.text import TextError
from gloo.storage.base import DocumentProblem, State
from gloo.translator.bugs import bug_in

Key = tuple[str, str]
"""Kind and name of an object."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store's state says.

    Args:
        problems: what is wrong with documents as a whole; the objects that such a document held before say it too.
        good: the last good form of each document.
        fresh: those of the objects that the reading before did not have.
        lost: kind and name of what documents held before this reading and do not hold any more.
    """

    objects: tuple[ConfigObject, ...]
    problems: tuple[Problem, ...]
    good: Mapping[str, Document] = field(default_factory=dict)
    fresh: tuple[ConfigObject, ...] = ()
    lost: frozenset[Key] = frozenset()


class _Entry(Value, frozen=True):
    """A document and its objects; while it stands in for a text with a *problem*, *told* are they with that on them."""

    document: Document
    items: tuple[ConfigObject, ...]
    problem: Problem | None = None
    told: tuple[ConfigObject, ...] = ()

    @property
    def objects(self) -> tuple[ConfigObject, ...]:
        return self.items if self.problem is None else self.told


class ConfigReader:
    """Decodes states, one after the other.

    Args:
        good: the last good form of each document, from an earlier run.
    """

    def __init__(self, good: Mapping[str, Document] | None = None) -> None:
        self._entries: dict[str, _Entry] = {}
        self._remembered = dict(good or {})

    def read(self, state: State) -> Reading:
        """Decode *state*; a broken document is reported and stands as it last was."""
        troubled = {problem.name: problem for problem in state.problems}
        problems: list[Problem] = []
        entries: dict[str, _Entry] = {}
        for document in (*state.documents, *self._unread(state)):
            entry, problem = self._document(document, troubled.get(document.name))
            if entry is not None:
                entries[document.name] = entry
            if problem is not None:
                problems.append(problem)
        problems += [_of_store(each, is_kept=False) for each in state.problems if each.name not in entries]
        fresh, lost = _difference(self._entries, entries)
        self._entries = entries
        self._remembered = {name: entry.document for name, entry in entries.items()}
        objects = tuple(item for entry in entries.values() for item in entry.objects)
        return Reading(objects, tuple(problems), self._remembered, fresh, lost)

    def _unread(self, state: State) -> Iterable[Document]:
        """Return what is remembered of documents that the store can't read and never could in this run."""
        if not state.problems:
            return ()
        there = {document.name for document in state.documents}
        names = {problem.name for problem in state.problems}
        return [
            document
            for name, document in self._remembered.items()
            if name not in there and (name in names or name.rpartition("/")[0] in names - {""})
        ]

    def _document(self, document: Document, trouble: DocumentProblem | None) -> tuple[_Entry | None, Problem | None]:
        known = self._entries.get(document.name)
        told = _of_store(trouble, is_kept=True) if trouble is not None else None
        if known is not None and known.document is document:
            return _with(known, told), told
        try:
            return _with(_Entry(document, decode(document)), told), told
        except TextError as error:
            return self._instead(document.name, error)
        except Exception as error:  # noqa: BLE001 - a bug about one document must not stop the others
            bug = bug_in(document.name, error)[1].problem
            return self._instead(document.name, TextError(bug, "please report it"))

    def _instead(self, name: str, error: TextError) -> tuple[_Entry | None, Problem]:
        last = self._entries.get(name) or self._last_good(name)
        problem = _broken(name, error, is_kept=last is not None)
        return last and _with(last, problem), problem

    def _last_good(self, name: str) -> _Entry | None:
        """Return what *name* held in an earlier run; None when that can't be read either, as after an upgrade."""
        document = self._remembered.get(name)
        if document is None:
            return None
        try:
            return _Entry(document, decode(document))
        except Exception:  # noqa: BLE001 - it can't be read any more, for whatever reason
            return None


def _with(entry: _Entry, problem: Problem | None) -> _Entry:
    """Return *entry* as it stands in for a text with this *problem*; the same one if it does so already."""
    if problem == entry.problem:
        return entry
    told = tuple(replace(item, problems=(*item.problems, problem)) for item in entry.items) if problem else ()
    return _Entry(entry.document, entry.items, problem, told)


def _difference(
    before: Mapping[str, _Entry], after: Mapping[str, _Entry]
) -> tuple[tuple[ConfigObject, ...], frozenset[Key]]:
    """Return the objects that only *after* has, and the keys that no changed document has any more."""
    changed = [name for name, entry in after.items() if entry is not before.get(name)]
    fresh = tuple(item for name in changed for item in after[name].objects)
    gone = (before[name] for name in (*changed, *(before.keys() - after.keys())) if name in before)
    lost = {(item.kind, item.name) for entry in gone for item in entry.items}
    return fresh, frozenset(lost.difference((item.kind, item.name) for item in fresh))


def _of_store(problem: DocumentProblem, *, is_kept: bool) -> Problem:
    told = Problem(problem=problem.problem, hint=problem.hint, file=problem.name)
    return kept(told) if is_kept else told


def _broken(name: str, error: TextError, *, is_kept: bool) -> Problem:
    problem = Problem(problem=error.problem, hint=error.hint, file=name, line=error.line)
    return kept(problem) if is_kept else with_hint(problem, "nothing of it is used")
