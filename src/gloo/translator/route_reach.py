"""Find routes that no request can ever reach, because an earlier one surely takes all of theirs.

Only what is proven is told: all paths of the later route begin with a text that lies in what the earlier one takes, and
every condition of the earlier one is a condition of the later one too. Several routes that only together take
everything are not found.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import re2

from gloo.translator.route_path import Condition, Entry, PathMatch, fold, literal_head

_Key = tuple[str, str]
_Takers = dict[tuple[_Key, Condition | None], list[Entry]]
_INDEX = attrgetter("index")
_END = re.compile(r"[?#;]")
_LETTER = re.compile(r"[A-Za-z]")
_REGEX_MEMORY = 64 << 20  # bytes; where RE2 needs more it finds nothing


def unreachable(entries: Iterable[Entry]) -> tuple[tuple[int, int], ...]:
    """Return the index of each route that can't be reached, with that of the first route that takes its requests."""
    ordered = sorted(entries, key=_INDEX)
    regexes = _Regexes([entry for entry in ordered if entry.path.kind == "regex"])
    frequency = Counter(condition for entry in ordered for condition in entry.conditions)
    known: _Takers = {}
    found = []
    for entry in ordered:
        takers = (taker for taker in (*_takers(entry, known), *regexes.covering(entry)) if _accepts(taker, entry))
        taker = min(takers, default=None, key=_INDEX)
        if taker is not None:
            found.append((entry.index, taker.index))
        elif (key := _covers(entry.path)) is not None:
            rarest = min(entry.conditions, default=None, key=frequency.__getitem__)
            known.setdefault((key, rarest), []).append(entry)
    return tuple(found)


class _Regexes:
    """All regexes of a table, matched at once."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        options = re2.Options()
        options.max_mem = _REGEX_MEMORY
        options.log_errors = False
        self._set = re2.Set.FullMatchSet(options)
        for entry in entries:
            self._set.Add(entry.path.value)
        if entries:
            self._set.Compile()

    def covering(self, later: Entry) -> Iterator[Entry]:
        """Yield the earlier regexes that match *later*, if that is one exact path."""
        path = later.path
        exact = path.kind == "exact" and not _END.search(path.value)
        if self._entries and exact and (path.case_sensitive or not _LETTER.search(path.value)):
            matching = (self._entries[number] for number in self._set.Match(path.value) or ())
            yield from (entry for entry in matching if entry.index < later.index)


def _takers(later: Entry, known: _Takers) -> Iterator[Entry]:
    """Yield the known routes whose path takes all that *later* could; `_accepts` has to look at the rest.

    A route is filed under its rarest condition: all of them must be conditions of *later*, so that one must be.
    """
    keys = list(_covering(later.path))
    for condition in (None, *later.conditions):
        for key in keys:
            yield from known.get((key, condition), ())


def _accepts(earlier: Entry, later: Entry) -> bool:
    """Say whether *earlier* has no condition beside the path that *later* lacks."""
    methods = not earlier.methods or (bool(later.methods) and later.methods <= earlier.methods)
    return methods and earlier.conditions <= later.conditions


def _covers(path: PathMatch) -> _Key | None:
    """Return the key under which a route of *path* is found by those that it covers."""
    if path.kind in ("regex", "template"):
        return path.kind, path.value
    if path.kind == "any" or _END.search(path.value):
        return None
    return (path.kind, path.value) if path.case_sensitive else (f"folded {path.kind}", fold(path.value))


def _covering(path: PathMatch) -> Iterator[_Key]:
    """Yield the keys of all that surely covers *path*."""
    if path.kind == "any":
        return
    if path.kind in ("regex", "template"):
        yield path.kind, path.value
    text, whole = literal_head(path)
    if stop := _END.search(text):
        text, whole = text[: stop.start()], False
    alone = whole or (path.kind == "segment_prefix" and not stop)
    yield from _covering_text("folded ", fold(text), whole=whole, alone=alone)
    if not path.case_sensitive and (letter := _LETTER.search(text)):
        text, whole, alone = text[: letter.start()], False, False
    yield from _covering_text("", text, whole=whole, alone=alone)


def _covering_text(kind: str, text: str, *, whole: bool, alone: bool) -> Iterator[_Key]:
    """Yield the keys of all prefixes, segment prefixes and exact paths that take what begins with *text*.

    Args:
        kind: put before the kind in the key.
        text: what all the paths begin with.
        whole: there is no other path than *text* itself.
        alone: what follows *text*, if anything does, begins with ``/``.
    """
    for end in range(len(text) + 1):
        yield f"{kind}prefix", text[:end]
    for slash in re.finditer("/", text):
        yield f"{kind}segment_prefix", text[: slash.start()]
    if alone:
        yield f"{kind}segment_prefix", text
    if whole:
        yield f"{kind}exact", text
