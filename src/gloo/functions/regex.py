"""Compile regular expressions for the runtime, which runs them in time that grows with the text alone.

A regex becomes a list of steps for a machine that keeps all the places where it may be at once (Thompson's
construction, Pike's captures), so that no text makes it backtrack. RE2 decides what is a regex at all.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from gloo.errors import ConfigError
from gloo.functions import lua
from gloo.functions.regex_tree import Edge, Either, Group, Node, OneOf, Ranges, Repeat, Sequence, read_regex
from gloo.functions.source import Source
from gloo.model.base import Value
from gloo.model.regex import check_regex

MAX_STEPS = 1000
"""Steps in one regex: each character of a text may cost as many."""


class Regex(Value, frozen=True):
    """A compiled regex: *lua* is the expression that makes it in the runtime, *groups* the number of its groups."""

    lua: str
    groups: int
    may_be_empty: bool


def compile_pattern(source: Source, *, kept: Collection[int] = ()) -> Regex:
    """Compile the regex in *source*, which notes what the groups *kept* hold (0 is the whole match) and no others.

    Raises `TemplateError` for what is no regex, or is not supported.
    """
    source.check_characters()
    try:
        check_regex(source.text, source.field)
    except ConfigError as error:
        raise source.error(0, error.problem, error.hint) from error
    node, groups = read_regex(source)
    steps = _Steps(kept)
    steps.write(Group(node, 0))
    steps.add("M")
    if len(steps.rows) > MAX_STEPS:
        raise source.error(0, f"the regex has {len(steps.rows)} steps", f"at most {MAX_STEPS}; repeat less")
    return Regex(lua.call("gloo.regex", f"{{{', '.join(map(_row, steps.rows))}}}"), groups, _may_be_empty(node))


@dataclass(slots=True)
class _Steps:
    """Steps under construction, counted from 1; a row is its kind and its operands."""

    kept: Collection[int]
    rows: list[tuple[str | int | Ranges, ...]] = field(default_factory=list)

    def add(self, kind: str, *operands: int | Ranges) -> int:
        """Add a step, and return its place for `set`."""
        if len(self.rows) <= MAX_STEPS:
            self.rows.append((kind, *operands))
        return len(self.rows) - 1

    def set(self, place: int, *operands: int) -> None:
        self.rows[place] = (self.rows[place][0], *operands)

    @property
    def here(self) -> int:
        """The number of the step that comes next."""
        return len(self.rows) + 1

    def write(self, node: Node) -> None:
        """Add the steps of *node*; after them the next step follows."""
        match node:
            case OneOf(ranges):
                self.add("C", ranges)
            case Edge(kind):
                self.add(kind)
            case Sequence(parts):
                for part in parts:
                    self.write(part)
            case Group(part, number) if number not in self.kept:
                self.write(part)
            case Group(part, number):
                self.add("S", 2 * number + 1)
                self.write(part)
                self.add("S", 2 * number + 2)
            case Either(parts):
                self._either(parts)
            case Repeat():
                self._repeat(node)

    def _either(self, parts: tuple[Node, ...]) -> None:
        jumps = []
        for part in parts[:-1]:
            fork = self.add("F", 0, 0)
            self.write(part)
            jumps.append(self.add("J", 0))
            self.set(fork, fork + 2, self.here)
        self.write(parts[-1])
        for jump in jumps:
            self.set(jump, self.here)

    def _repeat(self, node: Repeat) -> None:
        if node.most is None:
            self._endless(node)
            return
        for _ in range(min(node.least, MAX_STEPS)):
            self.write(node.part)
        forks = []
        for _ in range(min(node.most - node.least, MAX_STEPS)):
            forks.append(self.add("F", 0, 0))
            self.write(node.part)
        for fork in forks:
            self._fork(fork, fork + 2, self.here, lazy=node.lazy)

    def _endless(self, node: Repeat) -> None:
        """Write the part as often as it must be there, at least once, and a way back to the last; maybe one around."""
        around = self.add("F", 0, 0) if node.least == 0 else None
        for _ in range(min(node.least - 1, MAX_STEPS)):
            self.write(node.part)
        last = self.here
        self.write(node.part)
        back = self.add("F", 0, 0)
        self._fork(back, last, self.here, lazy=node.lazy)
        if around is not None:
            self._fork(around, around + 2, self.here, lazy=node.lazy)

    def _fork(self, fork: int, into: int, over: int, *, lazy: bool) -> None:
        self.set(fork, *((over, into) if lazy else (into, over)))


def may_start(node: Node, byte: int) -> bool:
    """Tell whether a match may start with *byte*; where that takes more than a look at its parts, yes."""
    match node:
        case OneOf(ranges):
            return any(low <= byte <= high for low, high in ranges)
        case Either(parts):
            return any(may_start(part, byte) for part in parts)
        case Group(part) | Repeat(part):
            return may_start(part, byte)
        case Sequence(parts):
            last = next((i for i, part in enumerate(parts) if not _may_be_empty(part)), len(parts))
            return any(may_start(part, byte) for part in parts[: last + 1])
    return False


def _may_be_empty(node: Node) -> bool:
    match node:
        case Sequence(parts):
            return all(map(_may_be_empty, parts))
        case Either(parts):
            return any(map(_may_be_empty, parts))
        case Group(part):
            return _may_be_empty(part)
        case Repeat(part, least):
            return least == 0 or _may_be_empty(part)
    return isinstance(node, Edge)


def _row(row: tuple[str | int | Ranges, ...]) -> str:
    kind, *operands = row
    written = (_ranges(each) if isinstance(each, tuple) else str(each) for each in operands)
    return f"{{{', '.join((lua.quoted(str(kind)), *written))}}}"


def _ranges(ranges: Ranges) -> str:
    return lua.quoted_bytes(bytes(byte for low, high in _merged(ranges) for byte in (low, high)))


def _merged(ranges: Ranges) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
