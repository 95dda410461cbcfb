"""Find routes that no request can ever reach, because an earlier one surely takes all of theirs.

Only what is proven is told: all paths of the later route begin with a text that lies in what the earlier one takes, and
every condition of the earlier one is a condition of the later one too. Several routes that only together take
everything are not found.
"""

import re
from collections.abc import Iterable, Iterator
from operator import attrgetter

import re2

from gloo.translator.route_path import Condition, Entry, PathMatch, fold, literal_head

_Key = tuple[str, str]
_Takers = dict[tuple[_Key, Condition | None], list[Entry]]
_INDEX = attrgetter("index")
_END = re.compile(r"[?#;]")
_LETTER = re.compile(r"[A-Za-z]")
_BY_HEAD = "regex that begins with"


def unreachable(entries: Iterable[Entry]) -> tuple[tuple[int, int], ...]:
    """Return the index of each route that can't be reached, with that of the first route that takes its requests."""
    takers: _Takers = {}
    found = []
    for entry in sorted(entries, key=_INDEX):
        taker = min(_takers(entry, takers), default=None, key=_INDEX)
        if taker is not None:
            found.append((entry.index, taker.index))
            continue
        for key in _covers(entry.path):
            takers.setdefault((key, next(iter(entry.conditions), None)), []).append(entry)
    return tuple(found)


def _takers(later: Entry, takers: _Takers) -> Iterator[Entry]:
    """Yield the known routes that take all that *later* could.

    A route is filed under one of its conditions: all of them must be conditions of *later*, so that one must be.
    """
    for condition in (None, *later.conditions):
        for key in _covering(later.path):
            for earlier in takers.get((key, condition), ()):
                if _accepts(earlier, later) and (key[0] != _BY_HEAD or _regex_takes(earlier.path, later.path)):
                    yield earlier


def _accepts(earlier: Entry, later: Entry) -> bool:
    """Say whether *earlier* has no condition beside the path that *later* lacks."""
    methods = not earlier.methods or (bool(later.methods) and later.methods <= earlier.methods)
    return methods and earlier.conditions <= later.conditions


def _regex_takes(regex: PathMatch, exact: PathMatch) -> bool:
    return re2.fullmatch(regex.value, exact.value) is not None


def _covers(path: PathMatch) -> Iterator[_Key]:
    """Yield the keys under which a route of *path* is found by those that it covers."""
    if path.kind in ("regex", "template"):
        yield path.kind, path.value
        if path.kind == "regex":
            yield _BY_HEAD, _END.split(literal_head(path)[0], maxsplit=1)[0]
    elif path.kind != "any" and not _END.search(path.value):
        yield (path.kind, path.value) if path.case_sensitive else (f"folded {path.kind}", fold(path.value))


def _covering(path: PathMatch) -> Iterator[_Key]:
    """Yield the keys of all that may cover *path*; all but `_BY_HEAD` surely do."""
    if path.kind in ("regex", "template"):
        yield path.kind, path.value
    text, whole = literal_head(path)
    if stop := _END.search(text):
        text, whole = text[: stop.start()], False
    alone = whole or (path.kind == "segment_prefix" and not stop)
    if path.kind != "any":
        yield from _covering_text("folded ", fold(text), whole=whole, alone=alone)
    letter = None if path.case_sensitive else _LETTER.search(text)
    if letter:
        text, whole, alone = text[: letter.start()], False, False
    if path.kind != "any":
        yield from _covering_text("", text, whole=whole, alone=alone)
    if path.kind == "exact" and whole:
        for end in range(len(text) + 1):
            yield _BY_HEAD, text[:end]


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
