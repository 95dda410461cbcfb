"""What the route table knows of a route: the requests that it matches, and nothing of what becomes of them."""

import re
from typing import Literal

from gloo.model.base import Value

PathKind = Literal["prefix", "segment_prefix", "exact", "regex", "template", "any"]


class PathMatch(Value, frozen=True):
    """A condition on the path, as Envoy has it: the query and the fragment are cut off before the path is compared.

    Args:
        kind: ``prefix`` any text, ``segment_prefix`` *value* alone or followed by ``/``, ``exact``, ``regex`` RE2 over
            the whole path, ``template`` Envoy's URI template, ``any`` for conditions that are none of these (CONNECT).
        value: the text; empty for ``any``.
        case_sensitive: False folds ASCII letters; for ``prefix``, ``segment_prefix`` and ``exact``.
    """

    kind: PathKind
    value: str = ""
    case_sensitive: bool = True


class Condition(Value, frozen=True):
    """A condition beside path and method: a pure predicate of the request, equal ones accept equal requests.

    Args:
        place: ``header``, ``query``, ``cookie``, ...
        name: the name in that place.
        kind: ``exact``, ``present``, ``regex``, ``prefix``, ...
        value: what it is compared with.
        inverted: it holds when the comparison does not.
    """

    place: str
    name: str
    kind: str
    value: str = ""
    inverted: bool = False


class Entry(Value, frozen=True):
    """One route of the table.

    Args:
        index: its position in the table: the lower one is asked first.
        path: the condition on the path.
        methods: the HTTP methods it takes; empty for all.
        conditions: all must hold. A route that may refuse a request for another reason needs a condition for it.
    """

    index: int
    path: PathMatch
    methods: frozenset[str] = frozenset()
    conditions: frozenset[Condition] = frozenset()

    @property
    def unconditional(self) -> bool:
        """Whether the path alone decides."""
        return not self.methods and not self.conditions


def fold(text: str) -> str:
    """Make ASCII letters small, as Envoy does, and no others."""
    return text.translate(_SMALL)


_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ATOM = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
_LITERALS = re.compile(r"(?:[^\\.+*?()|\[\]{}^$]|\\[!-/:-@\[-^`{-~])*")
# After these the last literal may be left out or repeated; flags and empty quotes can stand before what says so.
_OPTIONAL = re.compile(r"[*?{]|\\[QE]|\(\?[a-zA-Z-]*\)")
_LITERAL = re.compile(r"\\.|[^\\]", re.DOTALL)


def literal_head(path: PathMatch) -> tuple[str, bool]:
    """Return a text that every path which *path* matches begins with, and whether that text is all it matches.

    ASCII letters in the text are to be folded where *path* is not case-sensitive. The text may be shorter than the
    longest one, never wrong.
    """
    if path.kind == "regex":
        return _regex_head(path.value)
    if path.kind == "template":
        return re.split(r"[{*]", path.value, maxsplit=1)[0], False
    return path.value, path.kind == "exact"


def _regex_head(regex: str) -> tuple[str, bool]:
    if "|" in regex and _has_alternatives(regex):
        return "", False
    start = 1 if regex.startswith("^") else 0
    found = _LITERALS.match(regex, start)
    assert found is not None  # it matches the empty text
    rest = regex[found.end() :]
    optional = _OPTIONAL.match(rest) is not None
    if not optional and "\\" not in found[0]:
        return found[0], rest in ("", "$")
    literals = [literal[-1] for literal in _LITERAL.findall(found[0])]
    return "".join(literals[:-1] if optional else literals), rest in ("", "$")


def _has_alternatives(regex: str) -> bool:
    """Say whether a ``|`` stands outside all groups, classes and quotes of *regex*."""
    depth = 0
    for atom in _ATOM.findall(regex):
        if atom == "|" and depth == 0:
            return True
        depth += (atom == "(") - (atom == ")")
    return False
