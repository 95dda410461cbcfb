"""Find where every expression of a template stands, before any request is seen.

A template's literal text is fed to a small automaton of its *language* (JSON, a request target, plain text ...). At an
expression the automaton says which place this is: inside a JSON string, where a JSON value is due, in a path segment.
Statements make the text branch and repeat, so the walk carries the *set* of states the automaton may be in: branches
are united, loops are walked until the set stays the same. A state in which the text makes no sense is lost; if all
are, the text is not of the language. An expression must stand in the same place in every state. Where it has none in
some state, or one is lost before it, the template is refused, unless each text that it makes is checked.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from gloo.functions.source import Source
from gloo.functions.tree import (
    Block,
    Branch,
    Expression,
    For,
    If,
    Not,
    Output,
    Place,
    Set,
    Statement,
    Text,
    Variable,
    statements,
)
from gloo.model.base import Value, replace

State = TypeVar("State")
States = frozenset[State | None]
"""The states that an automaton may be in; None stands for those that are lost, since the text made no sense in them."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

MAX_STATES = 64
"""Those that the turns of a loop may add up to."""

MAX_WAYS = 256
"""The states that branches may add up to: each one that is left open may double them."""

MAX_TURNS = 3
"""Loops in one another whose first and last turns are told apart, so that a comma between elements makes no doubt."""


class Misfit(Exception):
    """The text makes no sense in this state.

    Args:
        offset: where in the text that was fed.
        problem: what was found or is missing.
        hint: what to write in its place.
    """

    def __init__(self, offset: int, problem: str, hint: str = "") -> None:
        super().__init__(offset, problem)
        self.hint = hint
        self.offset = offset
        self.problem = problem


class Language(Protocol[State]):
    """An automaton; it never changes itself."""

    name: str
    start: State

    def text(self, state: State, text: str) -> State:
        """Read literal *text*; raise `Misfit` if it can't stand here."""

    def hole(self, state: State) -> tuple[Place, State]:
        """Read an expression: its place, and the state after it; raise `Misfit` if none can stand here."""

    def end(self, state: State) -> None:
        """Raise `Misfit` if the text can't end here."""


class Plain:
    """Text of no known language: every expression stands for itself."""

    name = "plain text"
    start = Place.PLAIN

    def text(self, state: Place, text: str) -> Place:
        return state

    def hole(self, state: Place) -> tuple[Place, Place]:
        return state, state

    def end(self, state: Place) -> None:
        return None


class HeaderValue(Plain):
    """The value of one header (RFC 9110, 5.5): one line, without control characters but tabs."""

    name = "a header"
    start = Place.HEADER

    def text(self, state: Place, text: str) -> Place:
        found = _CONTROL.search(text)
        if found is None:
            return state
        if found.group() == "\n":
            raise Misfit(found.start(), "a line break can't stand in one; {%- and -%} strip those beside a statement")
        raise Misfit(found.start(), f"{found.group()!r} can't stand in one")


class Placed(Value, frozen=True):
    """A block with the place of every output set; *doubt* is an offset where some requests may break the language."""

    block: Block
    doubt: int | None


def place(block: Block, language: Language[State], source: Source) -> Block:
    """Return *block* with the place of every output set.

    Raises `TemplateError` where the text does not fit the language or an expression's place is not certain.
    """
    return placed(block, language, source, checked=False).block


def placed(
    block: Block,
    language: Language[State],
    source: Source,
    *,
    checked: bool,
    vague: Callable[[State], State] | None = None,
) -> Placed:
    """Do what `place` does, and tell whether the text fits whatever branches a request takes.

    Where the text is not *checked* for each request, an expression must have a place whatever branches are taken. Where
    there are too many states, *vague* makes few of them, of which less is known; without it that is an error.
    """
    own_loop = any(map(_names_loop, statements(block)))
    walk = _Walk(language, source, {}, {}, {}, set(), depth=MAX_TURNS if own_loop else 0, vague=vague)
    final = walk.block(block, frozenset([language.start]))
    for statement in statements(block):
        walk.check(statement.at)
        if not checked:
            walk.check_always(statement.at)
    walk.each(final, len(source.text), lambda state: _ended(language, state))
    walk.check(len(source.text))
    return Placed(_placed(block, walk.places), min(walk.doubts, default=None))


def _names_loop(statement: Statement) -> bool:
    """Tell whether `loop` is a value from here on, and no longer what a loop tells of its turns."""
    match statement:
        case Set("loop") | For(key="loop") | For(value="loop"):
            return True
    return False


def _ended(language: Language[State], state: State) -> State:
    language.end(state)
    return state


@dataclass(frozen=True, slots=True)
class _Walk(Generic[State]):
    """One walk.

    Args:
        places: the place found for each output, by its offset.
        misfits: by offset, why the text there fits in no state that was met so far; None once it did fit.
        astray: by its offset, why an output can't stand in some state.
        doubts: offsets where the text did not fit in some state.
        turn: in a loop, whether this is its first and its last turn.
        depth: the number of loops around whose first and last turns are walked one by one.
        vague: makes a state of which less is known.
    """

    language: Language[State]
    source: Source
    places: dict[int, Place]
    misfits: dict[int, Misfit | None]
    astray: dict[int, str]
    doubts: set[int]
    turn: Mapping[str, bool] = field(default_factory=dict)
    depth: int = 0
    vague: Callable[[State], State] | None = None

    def block(self, block: Block, states: States[State]) -> States[State]:
        for statement in block:
            states = self._statement(statement, states)
        return states

    def _statement(self, statement: Statement, states: States[State]) -> States[State]:
        match statement:
            case Text(text, at):
                return self.each(states, at, lambda state: self.language.text(state, text))
            case Output(at=at):
                if None in states:
                    self.astray.setdefault(at, "what stands before this does not fit")
                return self.each(states, at, lambda state: self._hole(at, state))
            case If():
                return self._few(statement, *(self.block(inner, states) for inner in self._possible(statement)))
            case For():
                return self._loop(statement, states)
        return states

    def _few(self, choice: If, *ends: States[State]) -> States[State]:
        states: States[State] = frozenset().union(*ends)
        if len(states) <= MAX_WAYS:
            return states
        if self.vague is None:
            problem = f"up to here branches leave more than {MAX_WAYS} ways to go on in {self.language.name}"
            raise self.source.error(choice.at, problem, "close in each branch what it opens")
        return self._vaguely(states)

    def _vaguely(self, states: States[State]) -> States[State]:
        assert self.vague is not None
        return frozenset(None if state is None else self.vague(state) for state in states)

    def each(self, states: States[State], at: int, step: Callable[[State], State]) -> States[State]:
        """Take *step*, which reads what stands at the offset *at*, in every state; lose those that it does not fit."""
        known = [state for state in states if state is not None]
        after: set[State | None] = set(states.difference(known))
        for state in sorted(known, key=repr) if len(known) > 1 else known:  # the same template, the same words
            try:
                after.add(step(state))
                self.misfits[at] = None
            except Misfit as misfit:
                after.add(None)
                self.misfits.setdefault(at, misfit)
                self.doubts.add(min(at + misfit.offset, len(self.source.text)))
        return frozenset(after)

    def check(self, at: int) -> None:
        """Raise `TemplateError` if what stands at *at* never fitted."""
        misfit = self.misfits.get(at)
        if misfit is not None:
            problem = f"this is not {self.language.name}: {misfit.problem}"
            raise self.source.error(at + misfit.offset, problem, misfit.hint)

    def check_always(self, at: int) -> None:
        """Raise `TemplateError` if the output at *at* has no place for some requests."""
        if at in self.astray:
            problem = f"for some requests this is not {self.language.name}: {self.astray[at]}"
            raise self.source.error(at, problem, "write it once in each branch")

    def _hole(self, at: int, state: State) -> State:
        try:
            found, after = self.language.hole(state)
        except Misfit as misfit:
            self.astray.setdefault(at, misfit.problem)
            raise
        known = self.places.setdefault(at, found)
        if known is not found:
            problem = f"this stands in {known.value} or in {found.value}, depending on the request"
            raise self.source.error(at, problem, "write it once in each branch")
        return after

    def _possible(self, choice: If) -> Iterator[Block]:
        """The blocks of *choice* that can be taken on this turn."""
        for branch in choice.branches:
            decided = self._decided(branch.condition)
            if decided is not False:
                yield branch.block
            if decided:
                return
        yield choice.otherwise

    def _decided(self, condition: Expression) -> bool | None:
        match condition:
            case Variable(("loop", name)):
                return self.turn.get(name.removeprefix("is_"))
            case Not(operand):
                decided = self._decided(operand)
                return None if decided is None else not decided
        return None

    def _loop(self, loop: For, states: States[State]) -> States[State]:
        if self.depth >= MAX_TURNS:
            turned = states | self._again(loop, states, replace(self, turn={}))
        else:
            once = self._turn(first=True, last=True).block(loop.block, states)
            begun = self._turn(first=True, last=False).block(loop.block, states)
            going = begun | self._again(loop, begun, self._turn(first=False, last=False))
            turned = once | self._turn(first=False, last=True).block(loop.block, going)
        return turned | self.block(loop.otherwise, states)

    def _turn(self, *, first: bool, last: bool) -> "_Walk[State]":
        return replace(self, turn={"first": first, "last": last}, depth=self.depth + 1)

    def _again(self, loop: For, states: States[State], walk: "_Walk[State]") -> States[State]:
        """The states after any number of turns."""
        begun, may_be_vague = states, self.vague is not None
        while True:
            grown = states | walk.block(loop.block, states)
            if grown == states:
                return states
            if len(grown) > MAX_STATES and may_be_vague and begun & walk.block(loop.block, begun):
                grown, may_be_vague = self._vaguely(grown), False  # some turns close what they open
            elif len(grown) > MAX_STATES:
                problem = f"the loop opens more of {self.language.name} than it closes"
                raise self.source.error(loop.at, problem, "a loop must close what it opens")
            states = grown


def _placed(block: Block, places: dict[int, Place]) -> Block:
    return tuple(_placed_statement(statement, places) for statement in block)


def _placed_statement(statement: Statement, places: dict[int, Place]) -> Statement:
    match statement:
        case Output(at=at):
            return replace(statement, place=places.get(at, Place.PLAIN))  # no place: no request gets there
        case If(branches, otherwise, at):
            inner = tuple(Branch(b.condition, _placed(b.block, places)) for b in branches)
            return If(inner, _placed(otherwise, places), at)
        case For(block=inner_block, otherwise=otherwise):
            return replace(statement, block=_placed(inner_block, places), otherwise=_placed(otherwise, places))
    return statement
