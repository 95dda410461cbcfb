"""Find routes that no request can ever reach, because earlier ones surely take all of theirs.

Only what is proven is told: all paths of the later route lie in what the earlier ones take, and their conditions follow
from its own, or they complete each other: by their methods, or by a condition and its opposite.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter

import re2

from gloo.model.base import Value, replace
from gloo.translator.condition_reach import follows, implies, opposite
from gloo.translator.path_reach import END, LETTER, Key, covered_keys, covering_keys
from gloo.translator.route_path import Condition, Entry

_INDEX = attrgetter("index")
_REGEX_MEMORY = 64 << 20  # bytes; where RE2 needs more it finds nothing
_MOST_WIDE = 32  # conditions on one name that others may follow from; more are not looked at
_MOST_TOGETHER = 8  # routes of one path, and of one route, that are looked at together
_MOST_CHOICES = 2  # conditions that routes may complete each other by


class Hidden(Value, frozen=True):
    """A route that can't be reached.

    Args:
        late: its index.
        early: the indices of those that take its requests: the first one that does, or several together.
        once: they do as long as no request sends a header twice.
    """

    late: int
    early: tuple[int, ...]
    once: bool = False


def unreachable(entries: Iterable[Entry]) -> tuple[Hidden, ...]:
    """Return the routes that can't be reached; entries of one index are forms of one route, all of which must be so."""
    ordered = sorted(map(_with_methods, entries), key=_INDEX)
    table = _Table(ordered)
    found = []
    for index, forms in groupby(ordered, key=_INDEX):
        route = tuple(forms)
        taken = [table.takers(entry) for entry in route]
        if None not in taken:
            each = [takers for takers in taken if takers is not None]
            early = tuple(sorted({entry.index for takers in each for entry in takers.entries}))
            found.append(Hidden(index, early, once=any(takers.once for takers in each)))
        if None in taken or found[-1].once:
            table.add(route)
    return tuple(found)


def _with_methods(entry: Entry) -> Entry:
    """Return *entry* with what its conditions say of the method among its methods."""
    named = [each for each in entry.conditions if each.place == "header" and each.name == ":method"]
    methods, others = entry.methods, entry.conditions
    for condition in named:
        if condition.inverted or condition.kind not in {"exact", "present"}:
            continue
        wanted = {condition.value} if condition.kind == "exact" else methods
        methods = frozenset(wanted) & methods if methods else frozenset(wanted)
        if condition.kind == "exact" and not methods:
            return entry  # no request has two methods
        others -= {condition}
    return replace(entry, methods=methods, conditions=others) if others is not entry.conditions else entry


class _Takers(Value, frozen=True):
    entries: tuple[Entry, ...]
    once: bool


class _Table:
    """The routes so far, by what they cover."""

    def __init__(self, ordered: Sequence[Entry]) -> None:
        self._frequency = Counter(condition for entry in ordered for condition in entry.conditions)
        self._split = {_name(each) for each in self._frequency if each.inverted}
        self._regexes = _Regexes([entry for entry in ordered if entry.path.kind == "regex"])
        self._known: dict[tuple[Key, Condition | None], list[Entry]] = {}
        self._wide: dict[Key, list[Condition]] = {}
        self._some: dict[Key, list[Entry]] = {}
        self._kinds: set[str] = set()

    def add(self, route: Iterable[Entry]) -> None:
        """File *route*, each entry under its rarest condition: all must follow from those of a later one."""
        for entry in route:
            rarest = min(entry.conditions, default=None, key=self._frequency.__getitem__)
            if rarest is not None and (rarest.kind != "exact" or rarest.inverted):
                wide = self._wide.setdefault(_name(rarest), [])
                if len(wide) < _MOST_WIDE and rarest not in wide:
                    wide.append(rarest)
            for key in covering_keys(entry.path):
                self._kinds.add(key[0])
                self._known.setdefault((key, rarest), []).append(entry)
                if self._completes(entry) and len(some := self._some.setdefault(key, [])) < _MOST_TOGETHER:
                    some.append(entry)

    def takers(self, later: Entry) -> _Takers | None:
        """Return what takes all requests of *later*, if anything surely does."""
        keys = covered_keys(later.path, self._kinds)
        single = [*self._covering(later, keys), *self._regexes.covering(later)]
        for once in (False, True):
            accepting = (each for each in single if _accepts(each, later, once=once))
            if (taker := min(accepting, default=None, key=_INDEX)) is not None:
                return _Takers((taker,), once)
        if not self._completes(later) and not self._split:
            return None
        found = {each.index: each for key in keys for each in self._some.get(key, ())}
        return _together(later, [found[index] for index in sorted(found)][:_MOST_TOGETHER])

    def _covering(self, later: Entry, keys: Collection[Key]) -> Iterator[Entry]:
        """Yield the known routes whose path takes all that *later* could; `_accepts` has to look at the rest."""
        wide = {
            condition
            for each in later.conditions
            for condition in self._wide.get(_name(each), ())
            if implies(each, condition, once=True)
        }
        for condition in (None, *(wide | later.conditions)):
            for key in keys:
                yield from self._known.get((key, condition), ())

    def _completes(self, entry: Entry) -> bool:
        """Say whether *entry* may take everything together with others."""
        return bool(entry.methods) or any(_name(each) in self._split for each in entry.conditions)


def _name(condition: Condition) -> Key:
    return condition.place, condition.name


def _accepts(earlier: Entry, later: Entry, *, once: bool) -> bool:
    """Say whether *earlier* has no condition beside the path that does not follow from those of *later*."""
    methods = not earlier.methods or (bool(later.methods) and later.methods <= earlier.methods)
    return methods and all(
        each in later.conditions or follows(each, later.conditions, once=once) for each in earlier.conditions
    )


def _together(later: Entry, earlier: Sequence[Entry]) -> _Takers | None:
    """Return those of *earlier*, all of which take the path of *later*, that together take all of its requests."""
    if not _complete(later.methods, later.conditions, earlier, once=True):
        return None
    once = not _complete(later.methods, later.conditions, earlier, once=False)
    needed = list(earlier)
    for each in reversed(earlier):
        fewer = [other for other in needed if other is not each]
        needed = fewer if _complete(later.methods, later.conditions, fewer, once=once) else needed
    return _Takers(tuple(needed), once)


def _complete(
    methods: frozenset[str],
    given: frozenset[Condition],
    earlier: Iterable[Entry],
    *,
    once: bool,
    choices: int = _MOST_CHOICES,
) -> bool:
    """Say whether one of *earlier* takes each request of *methods*, all if empty, of which *given* holds."""
    left, partly = set(methods), []
    for each in earlier:
        missing = [one for one in each.conditions if not follows(one, given, once=once)]
        if missing:
            partly.append((len(missing), each, missing[0]))
        elif not each.methods:
            return True
        else:
            left -= each.methods
    if methods and not left:
        return True
    choice = next(filter(None, (_choice(one, given) for _, _, one in sorted(partly, key=itemgetter(0)))), None)
    if choice is None or choices == 0:
        return False
    still, rest = [each for _, each, _ in partly], frozenset(left)
    return all(_complete(rest, given | {one}, still, once=once, choices=choices - 1) for one in choice)


def _choice(condition: Condition, given: frozenset[Condition]) -> tuple[Condition, Condition] | None:
    """Return *condition* and its opposite, if it has one, and either may hold where *given* does."""
    other = opposite(condition)
    return None if other is None or follows(other, given, once=True) else (condition, other)


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
        exact = path.kind == "exact" and not END.search(path.value)
        if self._entries and exact and (path.case_sensitive or not LETTER.search(path.value)):
            matching = (self._entries[number] for number in self._set.Match(path.value) or ())
            yield from (entry for entry in matching if entry.index < later.index)
