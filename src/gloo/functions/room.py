"""What one Lua function can hold, and what a template takes of it: LuaJIT refuses a program that takes more.

A function has 250 slots for its local variables and for what it is about to call, 200 variables, 200 levels of blocks
and expressions in one another, and a jump reaches over 32,767 instructions. Counted is what `expressions`, `calls` and
`blocks` write; the program itself is never looked at.
"""

from collections.abc import Callable, Iterable, Mapping

from gloo.errors import TemplateError
from gloo.functions.source import Source
from gloo.functions.tree import (
    Arithmetic,
    Block,
    Call,
    Choice,
    Comparison,
    Concatenation,
    Expression,
    For,
    If,
    Item,
    ListOf,
    Logic,
    Not,
    ObjectOf,
    Output,
    Set,
    Statement,
    Variable,
    children,
    choices,
    statements,
)
from gloo.model.base import Value

SLOTS, LOCALS, LEVELS = 235, 185, 180
"""What there is, without what the program around the templates takes."""

MAX_JUMP = 2000
"""Expressions and statements inside of one ``if``, ``for`` or expression: each takes up to 16 instructions."""

MAX_EXPRESSIONS = 20_000
"""Expressions and statements in one message: each takes up to three of 65,536 constants."""

MAX_PATTERNS = 50
"""Values that are made when a program is loaded: a function refers to 60 from outside at most."""

MAX_VARIABLES = 150
"""Values taken out of a message, and parts of the new one."""

MAX_LOOPS = 10
"""Loops in one another."""

SETS_AS_LOCALS = 20
"""Names of ``set`` in one template that are variables of Lua; the others are fields of a table."""

JOINED_AT_ONCE = 40
"""Pieces of text that are joined at once: each takes a slot."""

_FOR_LOCALS, _FOR_LEVELS = 8, 3
_HINT = "name a part of it with {% set %}"

Nested = Callable[[tuple[str, ...] | None], int]
"""Tells how many parameters are put into the value of a name, or into the whole body (None)."""


class Cost(Value, frozen=True):
    """What something takes."""

    slots: int = 0
    levels: int = 0

    def below(self, slots: int, levels: int) -> "Cost":
        """Return the cost inside of what takes *slots* and *levels* itself."""
        return Cost(self.slots + slots, self.levels + levels)


class Room(Value, frozen=True):
    """What a template takes of the function that renders it: slots, variables, and how many expressions it has."""

    slots: int
    locals: int
    size: int


def room_of(block: Block, source: Source, nested: Nested) -> Room:
    """Return what the template *block* takes; raise `TemplateError` at what takes too much."""
    measure = _Measure(source, nested)
    measure.block(block, Cost(), loops=0)
    sets = len({each.name for each in statements(block) if isinstance(each, Set)})
    own = min(sets, SETS_AS_LOCALS) + 4
    return Room(measure.slots + own + JOINED_AT_ONCE, measure.locals + own, measure.size)


def check_room(rooms: Iterable[tuple[Room, Source]], variables: int, patterns: int, field: str) -> None:
    """Raise `TemplateError` if one Lua function can't hold *variables*, *patterns* and what its templates take.

    The error is that of *field*, or of the template that takes the most.
    """
    if patterns > MAX_PATTERNS:
        raise TemplateError(field, f"there are {patterns} patterns and regexes", f"at most {MAX_PATTERNS} in all")
    if variables > MAX_VARIABLES:
        raise TemplateError(field, f"there are {variables} parameters and templates", f"at most {MAX_VARIABLES} in all")
    found = list(rooms)
    if sum(room.size for room, _ in found) > MAX_EXPRESSIONS:
        raise TemplateError(field, "the templates are too large", f"at most {MAX_EXPRESSIONS} expressions in all")
    for room, source in found:
        if room.slots + variables > SLOTS or room.locals + variables > LOCALS:
            problem = f"this takes too much beside {variables} parameters and templates"
            raise source.error(0, problem, "fewer of them, or less in one another")


class _Measure:
    """Walks over a template, and notes the most that it takes at a time."""

    def __init__(self, source: Source, nested: Nested) -> None:
        self._source, self._nested = source, nested
        self.slots = self.locals = self.size = 0

    def block(self, block: Block, around: Cost, *, loops: int) -> None:
        for statement in block:
            before = self.size
            self._statement(statement, around, loops)
            if self.size - before > MAX_JUMP:
                at = statement.at
                raise self._source.error(at, f"this has more than {MAX_JUMP} parts", "make several of it, side by side")

    def _statement(self, statement: Statement, around: Cost, loops: int) -> None:
        self.size += 1
        match statement:
            case Output(expression) | Set(_, expression):
                self._expression(expression, around)
            case If(branches, otherwise):
                for branch in branches:
                    self._expression(branch.condition, around)
                    self.block(branch.block, around.below(0, 1), loops=loops)
                self.block(otherwise, around.below(0, 1), loops=loops)
            case For(items=items, block=block, otherwise=otherwise):
                if loops == MAX_LOOPS:
                    raise self._source.error(statement.at, f"loops are nested deeper than {MAX_LOOPS} levels")
                self._expression(items, around.below(_FOR_LOCALS, 1))
                self.locals = max(self.locals, (loops + 1) * _FOR_LOCALS)
                inside = around.below(_FOR_LOCALS, _FOR_LEVELS)
                self.block(block, inside, loops=loops + 1)
                self.block(otherwise, inside, loops=loops)

    def _expression(self, expression: Expression, around: Cost) -> None:
        cost = self._cost(expression).below(around.slots + 3, around.levels + 2)
        self.slots = max(self.slots, cost.slots)
        if cost.slots + JOINED_AT_ONCE + SETS_AS_LOCALS > SLOTS or cost.levels > LEVELS:
            raise self._source.error(expression.at, "too much stands in one another here", _HINT)

    def _cost(self, expression: Expression) -> Cost:
        """Return what *expression* takes; each of its operands stands behind those before it."""
        self.size += 1
        if isinstance(expression, Choice):
            return self._choice(expression)
        if isinstance(expression, Variable):
            steps = 2 * (len(expression.path) + self._nested(expression.path))
            return Cost(steps + 2, steps // 2 + 1)
        if isinstance(expression, Call) and expression.function == "context":
            return Cost(2 * self._nested(None) + 4, self._nested(None) + 2)
        slots, levels = _OWN.get(type(expression), (4, 2))
        in_list = isinstance(expression, ListOf | ObjectOf | Concatenation)
        found = [
            self._cost(child).below(slots + (min(index, 8) if in_list else index), levels)
            for index, child in enumerate(children(expression))
        ]
        return Cost(max((each.slots for each in found), default=2), max((each.levels for each in found), default=1))

    def _choice(self, choice: Choice) -> Cost:
        """Return what a chain of choices takes, whose cases stand side by side."""
        found = []
        for condition, then in choices(choice):
            self.size += 1
            found += [self._cost(condition), self._cost(then)]
        most = Cost(max(each.slots for each in found), max(each.levels for each in found))
        return most.below(6, 6)


_OWN: Mapping[type, tuple[int, int]] = {
    Item: (3, 1),
    Not: (2, 3),
    Logic: (2, 3),
    Comparison: (4, 3),
    Arithmetic: (2, 1),
    Concatenation: (7, 3),
    ListOf: (3, 2),
    ObjectOf: (3, 2),
}
"""Slots and levels that an expression takes around its first operand; of a call, with the site of errors and `need`."""
