"""Which conditions of a route follow from others, whatever the request.

A header may come more than once: a condition holds when one of its values fits, an inverted one when none does. So
``x: 2`` does not mean that ``x`` is not 1, as long as a request can send both. What holds only if each header comes at
most once is told apart.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import re2

from gloo.model.base import replace
from gloo.translator.regex_forms import forms_of
from gloo.translator.route_path import Condition

Predicate = Callable[[str, str], bool]

_COMPARE: Mapping[str, Predicate] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
    "contains": str.__contains__,
    "regex": lambda value, pattern: re2.fullmatch(pattern, value) is not None,
}
_KINDS = frozenset(_COMPARE) | {"present"}


def follows(wanted: Condition, given: Iterable[Condition], *, once: bool) -> bool:
    """Say whether *wanted* surely holds where all of *given* do; *once*: if no header comes twice."""
    return any(implies(each, wanted, once=once) for each in given)


@lru_cache(maxsize=65536)
def implies(given: Condition, wanted: Condition, *, once: bool) -> bool:
    """Say whether *wanted* surely holds where *given* does; *once*: if no header comes twice."""
    if given == wanted:
        return True
    if (given.place, given.name) != (wanted.place, wanted.name) or not {given.kind, wanted.kind} <= _KINDS:
        return False
    if given.inverted:
        return wanted.inverted and _none_implies_none(given, wanted)
    if wanted.kind == "present":
        return not wanted.inverted
    if given.kind == "present":
        return False
    if wanted.inverted:
        return (once or _comes_once(given)) and _apart(given, wanted)
    return _within(given, wanted)


def opposite(condition: Condition) -> Condition | None:
    """Return what holds just where *condition* does not; None if there is no such condition.

    To an inverted condition on a header an absent one is empty: where the empty text fits, both are false then.
    """
    if condition.kind not in _KINDS or (condition.kind != "present" and _fits(condition, "")):
        return None
    return replace(condition, inverted=not condition.inverted)


def _comes_once(condition: Condition) -> bool:
    return condition.place != "header" or condition.name.startswith(":")


def _fits(condition: Condition, text: str) -> bool:
    """Compare *text*, whatever `inverted` says."""
    return _COMPARE[condition.kind](text, condition.value)


def _none_implies_none(given: Condition, wanted: Condition) -> bool:
    """The same for two inverted conditions; absent is the inverted form of present, and empty to all others."""
    if wanted.kind == "present":
        return False
    return not _fits(wanted, "") if given.kind == "present" else _within(wanted, given)


def _within(narrow: Condition, wide: Condition) -> bool:
    """Say whether each text that fits *narrow* fits *wide*; both compare, and are not inverted."""
    if narrow.kind == "exact":
        return _fits(wide, narrow.value)
    if narrow.kind == "regex":
        return narrow.value == wide.value if wide.kind == "regex" else _regex_within(narrow.value, wide)
    ways = {(narrow.kind, narrow.kind), (narrow.kind, "contains")}
    return (narrow.kind, wide.kind) in ways and _fits(wide, narrow.value)


def _regex_within(regex: str, wide: Condition) -> bool:
    forms = forms_of(regex)
    if any(form.folded for form in forms):
        return False
    if wide.kind in {"exact", "suffix"} and any(form.tail != "nothing" for form in forms):
        return False
    return all(_fits(wide, form.head) for form in forms)


def _apart(one: Condition, other: Condition) -> bool:
    """Say whether no text fits both."""
    for narrow, wide in ((one, other), (other, one)):
        if narrow.kind == "exact":
            return not _fits(wide, narrow.value)
    if one.kind == other.kind and one.kind in {"prefix", "suffix"}:
        return not (_fits(one, other.value) or _fits(other, one.value))
    return False
