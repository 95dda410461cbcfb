"""The tree of a template: what the parser makes and the code generator reads.

Every node is frozen and keeps the offset (in characters, from 0) of the text it came from, so that an error found
late still points at its place. Nothing here knows Jinja, Lua or Envoy.
"""

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Literal as OneOf

from gloo.functions.catalogue import FUNCTIONS, Takes
from gloo.model.base import Value


class Place(Enum):
    """Where an expression stands in the text around it; it decides how the value is escaped."""

    PLAIN = "plain text"
    JSON_STRING = "a JSON string"
    JSON_VALUE = "a JSON value"
    JSON_KEY = "a JSON key"
    TARGET = "the start of a path"
    SEGMENT = "a path segment"
    QUERY = "a query string"
    HEADER = "a header"
    FORM = "a form field"
    XML_TEXT = "XML text"
    XML_ATTRIBUTE = "an XML attribute"


class Literal(Value, frozen=True):
    """A constant; whole numbers keep all their digits."""

    value: str | int | float | bool | None
    at: int


class Variable(Value, frozen=True):
    """A name with its dotted fields: ``user.name`` is ``("user", "name")``."""

    path: tuple[str, ...]
    at: int

    @property
    def name(self) -> str:
        return ".".join(self.path)


class Item(Value, frozen=True):
    """A field or an element whose key is computed or is not a plain name: ``xs[0]``, ``user[key]``."""

    base: "Expression"
    key: "Expression"
    at: int


class Call(Value, frozen=True):
    """A function of the language; ``x | upper`` is ``upper(x)``."""

    function: str
    arguments: "tuple[Expression, ...]"
    at: int


class Choice(Value, frozen=True):
    """``then if condition else otherwise``."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    at: int


class Not(Value, frozen=True):
    operand: "Expression"
    at: int


class Logic(Value, frozen=True):
    """``and`` and ``or``; the answer is true or false, never an operand."""

    operator: OneOf["and", "or"]
    left: "Expression"
    right: "Expression"
    at: int


class Comparison(Value, frozen=True):
    operator: OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    left: "Expression"
    right: "Expression"
    at: int


class Arithmetic(Value, frozen=True):
    operator: OneOf["+", "-", "*", "/", "//", "%", "**"]
    left: "Expression"
    right: "Expression"
    at: int


class Concatenation(Value, frozen=True):
    """``a ~ b``: the texts of its parts, joined."""

    parts: "tuple[Expression, ...]"
    at: int


class ListOf(Value, frozen=True):
    items: "tuple[Expression, ...]"
    at: int


class ObjectOf(Value, frozen=True):
    pairs: "tuple[tuple[str, Expression], ...]"
    at: int


Expression = (
    Literal
    | Variable
    | Item
    | Call
    | Choice
    | Not
    | Logic
    | Comparison
    | Arithmetic
    | Concatenation
    | ListOf
    | ObjectOf
)


class Text(Value, frozen=True):
    """Text that stands in the output as it is."""

    text: str
    at: int


class Output(Value, frozen=True):
    """An expression whose escaped value stands in the output."""

    expression: Expression
    at: int
    place: Place = Place.PLAIN


class Branch(Value, frozen=True):
    condition: Expression
    block: "Block"


class If(Value, frozen=True):
    branches: tuple[Branch, ...]
    otherwise: "Block"
    at: int


class For(Value, frozen=True):
    """``for value in items`` or, with a key name, ``for key, value in items``."""

    key: str | None
    value: str
    items: Expression
    block: "Block"
    otherwise: "Block"
    at: int


class Set(Value, frozen=True):
    name: str
    expression: Expression
    at: int


Statement = Text | Output | If | For | Set
Block = tuple[Statement, ...]


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside *expression*."""
    match expression:
        case Item(base, key):
            return (base, key)
        case Call(_, arguments):
            return arguments
        case Choice(condition, then, otherwise):
            return (condition, then, otherwise)
        case Not(operand):
            return (operand,)
        case Logic(_, left, right) | Comparison(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Concatenation(parts) | ListOf(parts):
            return parts
        case ObjectOf(pairs):
            return tuple(value for _, value in pairs)
    return ()


def start(expression: Expression) -> int:
    """The offset at which *expression* begins."""
    return min((expression.at, *map(start, children(expression))))


def size(expression: Expression, *, most: int = sys.maxsize) -> int:
    """Count the expressions in *expression*, itself included, up to one more than *most*."""
    count, waiting = 0, [expression]
    while waiting and count <= most:
        count += 1
        waiting.extend(children(waiting.pop()))
    return count


def choices(choice: Choice) -> Iterator[tuple[Expression, Expression]]:
    """Yield condition and value of each case of a chain of choices; the last one's condition does not count."""
    last: Expression = choice
    while isinstance(last, Choice):
        yield last.condition, last.then
        last = last.otherwise
    yield last, last


def calls(expression: Expression, function: str) -> bool:
    """Tell whether *expression* is a call of *function*."""
    return isinstance(expression, Call) and expression.function == function


def taken(call: Call) -> Iterator[tuple[Takes, Expression]]:
    """Yield what *call* is given, each with what it has to be."""
    return zip(FUNCTIONS[call.function].takes, call.arguments, strict=False)


def may_be_missing(expression: Expression) -> bool:
    """Tell whether *expression* can come out missing without having failed by itself."""
    match expression:
        case Variable() | Item():
            return True
        case Choice(_, then, otherwise):
            return may_be_missing(then) or may_be_missing(otherwise)
        case Call(function, (*_, last)) if FUNCTIONS[function].passes_on:
            return may_be_missing(last)
    return False


def statements(block: Block) -> Iterator[Statement]:
    """Every statement of *block*, inner ones included, in the order of the text."""
    for statement in block:
        yield statement
        match statement:
            case If(branches, otherwise):
                for branch in branches:
                    yield from statements(branch.block)
                yield from statements(otherwise)
            case For(block=inner, otherwise=otherwise):
                yield from statements(inner)
                yield from statements(otherwise)


def functions_of(block: Block) -> Iterator[str]:
    """The names of the functions that *block* calls."""
    waiting = [expression for statement in statements(block) for expression in expressions_of(statement)]
    while waiting:
        expression = waiting.pop()
        if isinstance(expression, Call):
            yield expression.function
        waiting.extend(children(expression))


def expressions_of(statement: Statement) -> tuple[Expression, ...]:
    """The expressions of *statement* itself, without those of the statements in it."""
    match statement:
        case Output(expression) | Set(_, expression) | For(items=expression):
            return (expression,)
        case If(branches):
            return tuple(branch.condition for branch in branches)
    return ()


def raw_marks(block: Block) -> Iterator[int]:
    """The offsets of the outputs in *block* that are not escaped."""
    for statement in statements(block):
        raw = raw_values(statement.expression) if isinstance(statement, Output) else ()
        if any(not isinstance(value, Literal) for value in raw):
            yield statement.at


def raw_values(expression: Expression) -> Iterator[Expression]:
    """The values that *expression* may come out as without escaping."""
    match expression:
        case Call("raw", (inner,)):
            yield inner
        case Choice(_, then, otherwise):
            yield from raw_values(then)
            yield from raw_values(otherwise)
        case Call("default", (_, second)):
            yield from raw_values(second)
