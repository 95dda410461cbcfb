"""Which paths surely lie in others: as keys, so that what covers a path is found without a look at every route."""

import re
from collections.abc import Collection, Iterator

from gloo.model.base import Value
from gloo.translator.regex_forms import Form, forms_of
from gloo.translator.route_path import PathMatch, fold, literal_head

Key = tuple[str, str]
"""A kind and a text; ``folded`` kinds are of any case, ``longer`` is a prefix that something follows."""

END = re.compile(r"[?#]")
"""What no path holds, for Envoy cuts it off before."""

LETTER = re.compile(r"[A-Za-z]")
_KINDS = {"nothing": "exact", "anything": "prefix", "something": "longer"}


def covering_keys(path: PathMatch) -> tuple[Key, ...]:
    """Return the keys under which a route of *path* is found by those that it covers."""
    if path.kind in ("regex", "template"):
        return ((path.kind, path.value), *(_regex_keys(path.value) if path.kind == "regex" else ()))
    if path.kind == "any" or END.search(path.value):
        return ()
    return (_key(path.kind, path.value, folded=not path.case_sensitive),)


def covered_keys(path: PathMatch, kinds: Collection[str]) -> frozenset[Key]:
    """Return the keys of all that surely covers *path*, as far as they are of *kinds*."""
    if path.kind == "any":
        return frozenset()
    if path.kind == "regex":
        each = (_keys(_head_of(form), kinds, folded=form.folded) for form in forms_of(path.value))
        return frozenset.intersection(*map(frozenset, each)) | {("regex", path.value)}
    text, whole = literal_head(path)
    head = _Head(text, whole=whole, alone=whole or path.kind == "segment_prefix")
    found = frozenset(_keys(head, kinds, folded=not path.case_sensitive))
    return found | {("template", path.value)} if path.kind == "template" else found


def _key(kind: str, text: str, *, folded: bool) -> Key:
    return (f"folded {kind}", fold(text)) if folded else (kind, text)


def _regex_keys(regex: str) -> Iterator[Key]:
    """Yield keys for those parts of what *regex* matches that are of one of our kinds."""
    forms = [form for form in forms_of(regex) if form.tail in _KINDS and not END.search(form.head)]
    for form in forms:
        yield _key(_KINDS[form.tail], form.head, folded=form.folded)
        if form.tail == "nothing" and Form(f"{form.head}/", "anything", form.folded) in forms:
            yield _key("segment_prefix", form.head, folded=form.folded)


class _Head(Value, frozen=True):
    """What all of some paths begin with.

    Args:
        text: the beginning.
        whole: there is no other path than *text* itself.
        alone: what follows *text*, if anything does, begins with ``/``.
        more: something follows *text*.
    """

    text: str
    whole: bool = False
    alone: bool = False
    more: bool = False


def _head_of(form: Form) -> _Head:
    whole = form.tail == "nothing"
    return _Head(form.head, whole, whole, form.tail.endswith("something"))


def _keys(head: _Head, kinds: Collection[str], *, folded: bool) -> Iterator[Key]:
    """Yield the keys of all that takes what begins with *head*; *folded*: its letters may be of any case."""
    if stop := END.search(head.text):
        head = _Head(head.text[: stop.start()], more=True)
    yield from _keys_of_case("folded ", fold(head.text), head, kinds)
    if folded and (letter := LETTER.search(head.text)):
        head = _Head(head.text[: letter.start()], more=True)
    yield from _keys_of_case("", head.text, head, kinds)


def _keys_of_case(case: str, text: str, head: _Head, kinds: Collection[str]) -> Iterator[Key]:
    if (kind := f"{case}prefix") in kinds:
        for end in range(len(text) + 1):
            yield kind, text[:end]
    if (kind := f"{case}longer") in kinds:
        for end in range(len(text) + head.more):
            yield kind, text[:end]
    if (kind := f"{case}segment_prefix") in kinds:
        for slash in re.finditer("/", text):
            yield kind, text[: slash.start()]
        if head.alone:
            yield kind, text
    if head.whole:
        yield f"{case}exact", text
