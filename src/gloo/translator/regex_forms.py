"""A regular expression as the simple texts that it stands for: a word, or a word and whatever follows.

Paths are what it is about: they hold neither line feeds nor bytes that are no text, since Envoy normalises them, so
that ``.*`` takes all that can follow. Only the usual shapes are seen through: literals, ``.*``, ``.+``, alternatives,
groups and optional parts of these, ``(?i)``. Of the rest a text that all matches begin with is found, or nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from gloo.model.base import Value

Tail = Literal["nothing", "anything", "something", "unknown", "unknown something"]
"""What follows the head: nothing, any text, any but the empty one; or some texts, the empty one maybe or not."""

_MOST = 8
"""Forms of one expression; where it has more, it is not taken apart."""

_MOST_OPENED = 100
"""Groups and choices that are opened for that, each at the price of the expression's length."""

_ATOM = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_QUANTIFIERS = frozenset("*+?{")
_Atoms = tuple[str, ...]
_ANY: _Atoms = (".", "*", "*")  # no expression, so that nothing is known of it


class Form(Value, frozen=True):
    """All texts that begin with *head*, as far as *tail* follows; *folded*: in small letters, and any case will do."""

    head: str
    tail: Tail
    folded: bool = False


@lru_cache(maxsize=4096)
def forms_of(regex: str) -> tuple[Form, ...]:
    """Return forms that together stand for *regex*: what it matches has one of them.

    Whatever has a form without *unknown* in it is matched; of the others nothing is promised.
    """
    folded = regex.startswith("(?i)")
    branches = _branches(tuple(_ATOM.findall(regex.removeprefix("(?i)"))))
    return tuple(dict.fromkeys(_form(branch, folded) for branch in branches))


def _branches(atoms: _Atoms) -> tuple[_Atoms, ...]:
    """Return the alternatives, groups opened as far as what stands before them is plain text."""
    waiting = list(_split(atoms))
    done: list[_Atoms] = []
    for _ in range(_MOST_OPENED):
        if not waiting or len(waiting) + len(done) > _MOST:
            break
        branch = waiting.pop()
        if opened := tuple(_opened(branch)):
            waiting += opened
        else:
            done.append(branch)
    if not waiting:
        return tuple(done)
    whole = tuple(_split(atoms))
    return whole if len(whole) <= _MOST else (_ANY,)


def _split(atoms: _Atoms) -> Iterator[_Atoms]:
    """Yield what stands between the ``|`` that are in no group."""
    depth = start = 0
    for position, atom in enumerate(atoms):
        depth += (atom == "(") - (atom == ")")
        if atom == "|" and depth == 0:
            yield atoms[start:position]
            start = position + 1
    yield atoms[start:]


def _opened(branch: _Atoms) -> Iterator[_Atoms]:
    """Yield *branch* once for each way to read its first choice; nothing where it has none that can be opened."""
    at = next((place for place, atom in enumerate(branch) if _literal(atom) is None and atom != "^"), len(branch))
    if at == len(branch):
        return
    if branch[at] == "?" and at > 0 and branch[at - 1] != "^":
        rest = _after_lazy(branch, at + 1)
        yield (*branch[: at - 1], *rest)
        yield (*branch[:at], *rest)
    elif branch[at] == "(" and (end := _closing(branch, at)) is not None:
        yield from _group(branch, at, end)


def _group(branch: _Atoms, start: int, end: int) -> Iterator[_Atoms]:
    """Yield *branch* with the group from *start* to *end* replaced by each of its alternatives."""
    inner = branch[start + 1 : end]
    if inner[:1] == ("?",):
        if inner[1:2] != (":",):
            return  # flags and names: not looked into
        inner = inner[2:]
    follower = branch[end + 1] if end + 1 < len(branch) else ""
    if follower in _QUANTIFIERS and follower != "?":
        return
    rest = _after_lazy(branch, end + 2) if follower == "?" else branch[end + 1 :]
    if follower == "?":
        yield (*branch[:start], *rest)
    for alternative in _split(inner):
        yield (*branch[:start], *alternative, *rest)


def _after_lazy(branch: _Atoms, at: int) -> _Atoms:
    """Return what follows a quantifier that ends before *at*; one more ``?`` only says which match is preferred."""
    return branch[at + 1 :] if branch[at : at + 1] == ("?",) else branch[at:]


def _closing(branch: _Atoms, start: int) -> int | None:
    depth = 0
    for position in range(start, len(branch)):
        depth += (branch[position] == "(") - (branch[position] == ")")
        if depth == 0:
            return position
    return None


def _literal(atom: str) -> str | None:
    """Return the character that *atom* stands for, if it is one."""
    if len(atom) == 1:
        return None if atom in _SPECIAL else atom
    return atom[1] if len(atom) == 2 and atom[0] == "\\" and not atom[1].isalnum() and atom[1].isascii() else None


def _form(branch: _Atoms, folded: bool) -> Form:
    atoms = branch
    while atoms[:1] == ("^",):
        atoms = atoms[1:]
    while atoms[-1:] == ("$",):
        atoms = atoms[:-1]
    at = next((place for place, atom in enumerate(atoms) if _literal(atom) is None), len(atoms))
    tail = _tail(atoms[at:])
    if at < len(atoms) and atoms[at] in _QUANTIFIERS:
        # The last literal may come often, or not at all.
        at, tail = at if atoms[at] == "+" else max(at - 1, 0), "unknown"
    head = "".join(filter(None, map(_literal, atoms[:at])))
    return Form(head.translate(_SMALL) if folded else head, tail, folded)


def _tail(rest: _Atoms) -> Tail:
    match list(rest):
        case []:
            return "nothing"
        case [".", "*"] | [".", "*", "?"]:
            return "anything"
        case [".", "+"] | [".", "+", "?"]:
            return "something"
        case [first, *more] if (first == "." or first[0] == "[") and (not more or more[0] not in "*?{"):
            return "unknown something"
    return "unknown"


_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
