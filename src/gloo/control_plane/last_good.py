"""The last good form of an object that is Rejected as a whole: it stays in force in place of what can't be used.

What is good is for the translation to say, so this goes round: objects in, a translation of them out, and once more
with older forms of what it rejects, until it rejects nothing that has one. Most steps go round once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import get_args

from gloo.control_plane.reader import Key, Reading
from gloo.model.base import Name, Value, replace
from gloo.model.codec import ConfigObject, decode
from gloo.model.source import Document
from gloo.model.status import Problem, kept
from gloo.translator.reports import located

_NAME = re.compile(next(meta.pattern for meta in get_args(Name)[1:]))
_NOTHING: Mapping[Key, ConfigObject] = {}


class _Rejected(Value, frozen=True):
    """An object as it is written now, and why it can't be used; empty problems are its own."""

    item: ConfigObject
    problems: tuple[Problem, ...]


class _Standing(Value, frozen=True):
    """A form that stands in for what was rejected, with the problems of that."""

    form: ConfigObject
    problems: tuple[Problem, ...]
    object: ConfigObject


class LastGood:
    """Knows the last good form of each object.

    Args:
        documents: the last good form of each document, from an earlier run.
        forms: the forms that stood in for others at its end, each alone in a document.
    """

    def __init__(self, documents: Mapping[str, Document], forms: Mapping[Key, Document]) -> None:
        self._documents = documents
        self._forms: dict[Key, tuple[ConfigObject, ...]] = {}  # newest first; the last one is what Envoy took
        for document in forms.values():
            self._forms.update({(form.kind, form.name): (form,) for form in _sound(document)})
        self._objects: tuple[ConfigObject, ...] = ()
        self._fresh: list[ConfigObject] = []
        self._rejected: dict[Key, _Rejected] = {}
        self._failed: dict[Key, list[ConfigObject]] = {}  # forms that are rejected too
        self._standing: dict[Key, _Standing] = {}
        self._unconfirmed: set[Key] = set(self._forms)
        self._around: tuple[object, ...] = ()

    @property
    def unproven(self) -> Mapping[Key, ConfigObject]:
        """What is in force now though Envoy has not taken it yet, for `confirm`."""
        out = self._rejected.keys() | self._standing.keys()
        return {key: self._forms[key][0] for key in (self._unconfirmed & self._forms.keys()) - out}

    @property
    def standing(self) -> Mapping[Key, ConfigObject]:
        """The forms that stand in for others now."""
        return {key: each.form for key, each in self._standing.items()} if self._standing else _NOTHING

    def follow(self, reading: Reading, *around: object) -> None:
        """Begin a step with what is written now; *around* is what else a rejection may be owed to, as it is now."""
        first, self._objects = not self._objects, reading.objects
        self._fresh += reading.fresh
        for key in (*reading.lost, *((item.kind, item.name) for item in reading.fresh)):
            self._rejected.pop(key, None)
            self._failed.pop(key, None)
        if any(now is not before for now, before in zip(around, self._around or around, strict=True)):
            self._fresh += [each.item for each in self._rejected.values()]
            self._rejected, self._failed = {}, {}
        if gone := {*reading.lost, *self._standing, *(self._forms if first else ())}:
            self._forget(gone)

    def in_force(self) -> tuple[ConfigObject, ...]:
        """Return the objects as they are to be translated now."""
        broken = [item for item in self._objects if item.value is None]
        if not broken and not self._rejected:
            self._standing = {}
            return self._objects
        swaps: dict[int, tuple[ConfigObject, ...]] = {}
        standing: dict[Key, _Standing] = {}
        for rejected in (*self._broken(broken), *self._rejected.values()):
            key = (rejected.item.kind, rejected.item.name)
            if (form := self._form(key, rejected.item)) is not None:
                standing[key] = self._stand(key, form, located(rejected.item, rejected.problems))
                swaps[id(rejected.item)] = (standing[key].object,)
        self._place_nameless([item for item in broken if not _NAME.match(item.name)], swaps, standing)
        self._standing = standing
        return tuple(each for item in self._objects for each in swaps.get(id(item), (item,)))

    def judge(self, rejected: Mapping[str, tuple[Problem, ...]], waiting: Iterable[str] = ()) -> bool:
        """Take note of what the translation rejects as a whole; tell whether something else can stand in for it.

        What is *waiting*, by reference, is not in force either, but no other form stands in for it.
        """
        again, keys = False, {tuple(ref.split("/", 1)): problems for ref, problems in rejected.items()}
        current = _by_key(self._objects) if keys else {}
        for (kind, name), problems in keys.items():
            key, item = (kind, name), current.get((kind, name))
            if (each := self._standing.get(key)) is not None:
                self._failed.setdefault(key, []).append(each.form)
                again = True
            elif item is not None and item.value is not None and key not in self._rejected:
                self._rejected[key] = _Rejected(item, problems)
                again = again or self._form(key, item) is not None
        if not again:
            self._promote({(kind, name) for kind, _, name in (ref.partition("/") for ref in waiting)})
        return again

    def settle(self, *around: object) -> None:
        """End a step; *around* as `follow` has it."""
        self._around = around

    def confirm(self, taken: Mapping[Key, ConfigObject]) -> None:
        """Take note that Envoy took what was published with *taken* as `unproven`: older forms are not needed."""
        for key, form in taken.items():
            if self._forms.get(key, (None,))[0] is form:
                self._forms[key] = (form,)
                self._unconfirmed.discard(key)
        self._documents = {}

    def _broken(self, broken: Iterable[ConfigObject]) -> Iterator[_Rejected]:
        """Yield what can't be decoded, but has a name that nothing else has."""
        named = [item for item in broken if _NAME.match(item.name)]
        others = _by_key(item for item in self._objects if item.value is not None) if named else {}
        yield from (_Rejected(item, item.problems) for item in named if (item.kind, item.name) not in others)

    def _place_nameless(
        self,
        nameless: Sequence[ConfigObject],
        swaps: dict[int, tuple[ConfigObject, ...]],
        standing: dict[Key, _Standing],
    ) -> None:
        """Let all that a document held before stand in for its objects without a name: nobody knows which they were."""
        current = _by_key(self._objects) if nameless else {}
        for document, kind in dict.fromkeys((item.source.document.name, item.kind) for item in nameless):
            these = [item for item in nameless if (item.source.document.name, item.kind) == (document, kind)]
            problems = tuple(problem for item in these for problem in located(item, item.problems))
            found: list[ConfigObject] = []
            for key in self._held(document, kind):
                if key not in current and (form := self._form(key, these[0])) is not None:
                    standing[key] = self._stand(key, form, problems)
                    found.append(standing[key].object)
            if found:
                swaps |= {id(item): () for item in these} | {id(these[0]): tuple(found)}

    def _held(self, document: str, kind: str) -> list[Key]:
        """Return the objects of *kind* whose last good form stands in *document*."""
        recalled = _sound(self._documents[document]) if document in self._documents else ()
        of_run = (key for key, forms in self._forms.items() if forms[0].source.document.name == document)
        return [key for key in dict.fromkeys([*of_run, *((i.kind, i.name) for i in recalled)]) if key[0] == kind]

    def _form(self, key: Key, item: ConfigObject) -> ConfigObject | None:
        """Return what can stand in for *item*: the newest good form that is another and is not rejected itself."""
        failed = self._failed.get(key, ())
        forms = self._forms.get(key) or self._recalled(key, item.source.document.name)
        usable = (form for form in forms if form.value != item.value and all(form is not each for each in failed))
        return next(usable, None)

    def _recalled(self, key: Key, place: str) -> tuple[ConfigObject, ...]:
        """Return the form that an earlier run had of an object, most likely in the document *place*."""
        near = [self._documents[place]] if place in self._documents else []
        for document in (*near, *(each for each in self._documents.values() if key[1] in each.text)):
            for form in _sound(document):
                if (form.kind, form.name) == key:
                    self._forms[key] = (form,)
                    return self._forms[key]
        return ()

    def _stand(self, key: Key, form: ConfigObject, problems: tuple[Problem, ...]) -> _Standing:
        before = self._standing.get(key)
        if before is not None and before.form is form and before.problems == problems:
            return before
        return _Standing(form, problems, replace(form, problems=tuple(kept(problem) for problem in problems)))

    def _promote(self, waiting: Set[Key]) -> None:
        """Take what is in force for good; what waits, or is left out for another of its name, may be so later."""
        names = {item.name for item in self._fresh}
        there = [item for item in self._objects if item.name in names] if names else []
        first, alive, later = _by_key(there), set(map(id, there)), []
        for item in (item for item in self._fresh if id(item) in alive):
            key = (item.kind, item.name)
            if first[key] is not item or key in waiting:
                later.append(item)
            elif item.value is not None and key not in self._rejected:
                self._forms[key] = (item, *(form for form in self._forms.get(key, ())[-1:] if form is not item))
                self._unconfirmed.add(key)
        self._fresh = later

    def _forget(self, keys: Iterable[Key]) -> None:
        """Forget those of *keys* that are not written any more."""
        current = _by_key(self._objects)
        nameless = {(item.source.document.name, item.kind) for item in self._objects if not _NAME.match(item.name)}
        for key in keys:
            forms = self._forms.get(key)
            if forms and key not in current and (forms[0].source.document.name, key[0]) not in nameless:
                del self._forms[key]


def _by_key(objects: Iterable[ConfigObject]) -> dict[Key, ConfigObject]:
    """Return *objects* by kind and name; of two the first, as everywhere."""
    found: dict[Key, ConfigObject] = {}
    for item in objects:
        found.setdefault((item.kind, item.name), item)
    return found


def _sound(document: Document) -> tuple[ConfigObject, ...]:
    """Return the objects of *document* that can be decoded, by this version of gloo."""
    try:
        return tuple(item for item in decode(document) if item.value is not None)
    except Exception:  # noqa: BLE001 - it can't be read any more, for whatever reason
        return ()
