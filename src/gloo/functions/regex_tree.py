"""Read a regular expression (RE2 syntax, the part without look-around and Unicode classes) as a tree over bytes.

The text is UTF-8: a character beyond ASCII is its bytes one after the other, a dot is any one character.
"""

import re
from dataclasses import dataclass

from gloo.errors import TemplateError
from gloo.functions.source import Source
from gloo.model.base import Value

MAX_GROUPS = 40
"""Groups in one another, which are read by recursion."""

Ranges = tuple[tuple[int, int], ...]


class OneOf(Value, frozen=True):
    """One byte in any of *ranges*."""

    ranges: Ranges


class Sequence(Value, frozen=True):
    parts: "tuple[Node, ...]"


class Either(Value, frozen=True):
    """The first of *parts* that lets the rest match."""

    parts: "tuple[Node, ...]"


class Repeat(Value, frozen=True):
    """*part* from *least* to *most* times, None for any number; as often as possible, or as seldom with *lazy*."""

    part: "Node"
    least: int
    most: int | None
    lazy: bool


class Group(Value, frozen=True):
    """What group *number* captures."""

    part: "Node"
    number: int


class Edge(Value, frozen=True):
    """The start (``^``) or the end (``$``) of the text."""

    kind: str


Node = OneOf | Sequence | Either | Repeat | Group | Edge

_CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_NAMED: dict[str, Ranges] = {
    "alpha": ((65, 90), (97, 122)),
    "digit": ((48, 57),),
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "upper": ((65, 90),),
    "lower": ((97, 122),),
    "space": ((9, 13), (32, 32)),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "word": _CLASSES["w"],
    "xdigit": ((48, 57), (65, 70), (97, 102)),
    "blank": ((9, 9), (32, 32)),
}
_BEYOND_ASCII = tuple(
    Sequence((OneOf((first,)), *([OneOf(((0x80, 0xBF),))] * more)))
    for first, more in (((0xC2, 0xDF), 1), ((0xE0, 0xEF), 2), ((0xF0, 0xF4), 3))
)
_REPEAT = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)")
_GROUP = re.compile(r"\((?:\?:|\?P?<\w+>|(?!\?))")
_FLAGS = re.compile(r"\(\?([is]+)\)")
_MANY = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def read_regex(source: Source) -> tuple[Node, int]:
    """Return the tree of the regex in *source*, which RE2 takes, and how many groups it has.

    Raises `TemplateError` at what this part of the language lacks.
    """
    flags = _FLAGS.match(source.text)
    reader = _Reader(source, flags[1] if flags else "", flags.end() if flags else 0)
    node = reader.either()
    if reader.at < len(source.text):
        raise reader.missing()
    return node, reader.groups


def negated(ranges: Ranges) -> Ranges:
    """The ASCII bytes outside of *ranges*."""
    inside = {byte for low, high in ranges for byte in range(low, high + 1)}
    return tuple((byte, byte) for byte in range(128) if byte not in inside)


@dataclass(slots=True)
class _Reader:
    source: Source
    flags: str
    at: int
    groups: int = 0
    open: int = 0

    def missing(self) -> TemplateError:
        hint = "there are literals, ., classes, groups, |, *, +, ?, {m,n}, ^ and $, and (?i) and (?s) in front"
        return self.source.error(self.at, f"{self.source.text[self.at :][:6]!r} is not supported here", hint)

    def either(self) -> Node:
        parts = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _next(self) -> str:
        return self.source.text[self.at : self.at + 1]

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            part = self._atom()
            while found := _REPEAT.match(self.source.text, self.at):
                part = _repeated(part, found)
                self.at = found.end()
            parts.append(part)
        return Sequence(tuple(parts))

    def _atom(self) -> Node:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        self.at += 1
        if character in "^$":
            return Edge(character)
        if character == ".":
            return Either((OneOf(((0, 127),) if "s" in self.flags else negated(((10, 10),))), *_BEYOND_ASCII))
        return self._literal(character, self.at - 1)

    def _literal(self, character: str, at: int) -> Node:
        """Return the node of *character*, which is written at the offset *at*."""
        if "i" in self.flags and character != character.swapcase():
            if not character.isascii():
                problem = f"{character!r} in either case is not supported here"
                raise self.source.error(at, problem, "with (?i) letters are those of ASCII")
            return OneOf(tuple((ord(each), ord(each)) for each in (character.upper(), character.lower())))
        return Sequence(tuple(OneOf(((byte, byte),)) for byte in character.encode()))

    def _group(self) -> Node:
        found = _GROUP.match(self.source.text, self.at)
        if found is None:
            raise self.missing()
        if self.open == MAX_GROUPS:
            raise self.source.error(self.at, f"groups are nested deeper than {MAX_GROUPS}")
        self.at = found.end()
        number = 0
        if found[0] != "(?:":
            self.groups += 1
            number = self.groups
        self.open += 1
        part = self.either()
        self.open -= 1
        self.at += 1
        return Group(part, number) if number else part

    def _escape(self) -> Node:
        letter = self.source.text[self.at + 1 : self.at + 2]
        if letter.lower() in _CLASSES:
            self.at += 2
            ranges = _CLASSES[letter.lower()]
            return OneOf(ranges) if letter.islower() else Either((OneOf(negated(ranges)), *_BEYOND_ASCII))
        at = self.at
        return self._literal(chr(self._escaped()), at)

    def _escaped(self) -> int:
        """Read an escape that stands for one character."""
        letter = self.source.text[self.at + 1 : self.at + 2]
        digits = re.compile(r"\\x([0-9A-Fa-f]{2})").match(self.source.text, self.at)
        if digits:
            self.at = digits.end()
            return int(digits[1], 16)
        if letter not in _CONTROLS and (letter.isalnum() or not letter.isascii()):
            raise self.missing()
        self.at += 2
        return _CONTROLS.get(letter, ord(letter))

    def _class(self) -> Node:
        self.at += 1
        outside = self._next() == "^"
        self.at += outside
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._next() != "]":
            ranges += self._range()
            first = False
        self.at += 1
        if "i" in self.flags:
            ranges += [
                (ord(c), ord(c)) for low, high in ranges for b in range(low, high + 1) for c in chr(b).swapcase()
            ]
        found = tuple(ranges)
        return Either((OneOf(negated(found)), *_BEYOND_ASCII)) if outside else OneOf(found)

    def _range(self) -> Ranges:
        text = self.source.text
        named = re.compile(r"\[:(\w+):\]").match(text, self.at)
        if named and named[1] in _NAMED:
            self.at = named.end()
            return _NAMED[named[1]]
        letter = text[self.at + 1 : self.at + 2]
        if text[self.at] == "\\" and letter.lower() in _CLASSES:
            self.at += 2
            return _CLASSES[letter] if letter.islower() else negated(_CLASSES[letter.lower()])
        low = high = self._member()
        if text[self.at] == "-" and text[self.at + 1 : self.at + 2] != "]":
            self.at += 1
            high = self._member()
        return ((low, high),)

    def _member(self) -> int:
        character = self._next()
        if self.source.text.startswith("[:", self.at) or not character.isascii():
            raise self.missing()
        if character == "\\":
            return self._escaped()
        self.at += 1
        return ord(character)


def _repeated(part: Node, found: re.Match[str]) -> Node:
    least, most = _MANY[found[1]] if found[1] else (int(found[2]), int(found[4]) if found[4] else None)
    if not found[1] and not found[3]:
        most = least
    return Repeat(part, least, most, lazy=bool(found[5]))
