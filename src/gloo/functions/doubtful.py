"""What a template may say and hardly ever means: each is a warning, with its place."""

import json
import re
from collections.abc import Iterator

from gloo.errors import TemplateError
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.source import Source
from gloo.functions.tree import (
    Block,
    Call,
    Expression,
    Literal,
    Logic,
    Output,
    Variable,
    children,
    expressions_of,
    raw_values,
    statements,
)

_OURS = ("cluster_metadata", "data_source", "env", "now", "uuid")
"""Functions whose values change, and no message brings them."""

_CONVERSION = re.compile(r"%[-_0^#]*[0-9]*[EO]?(.?)", re.DOTALL)
_CONVERSIONS = frozenset("aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%")  # strftime of the C library, GNU's

_OTHER_VALUE = 'write default(a, "x") for another value, and a == "x" or a == "y" to compare with both'


def doubts(block: Block, source: Source) -> Iterator[TemplateError]:
    """Warn of values of a message that are not escaped, and of constants among the sides of `and` and `or`."""
    for statement in statements(block):
        if isinstance(statement, Output) and any(map(_is_foreign, raw_values(statement.expression))):
            hint = "raw lets a client's value be part of the text around it"
            yield source.error(statement.at, "this value is not escaped", hint)
        for expression in expressions_of(statement):
            for part in _parts(expression):
                if isinstance(part, Logic):
                    yield from _constant_sides(part, source)
                elif isinstance(part, Call):
                    yield from _odd_times(part, source)


def _is_foreign(expression: Expression) -> bool:
    """Tell whether anything of a message is in *expression*."""
    if isinstance(expression, Variable):
        return True
    if isinstance(expression, Call) and FUNCTIONS[expression.function].varies:
        return expression.function not in _OURS
    return any(map(_is_foreign, children(expression)))


def _parts(expression: Expression) -> Iterator[Expression]:
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += children(found)


def _constant_sides(logic: Logic, source: Source) -> Iterator[TemplateError]:
    for side in (logic.left, logic.right):
        if isinstance(side, Literal) and not isinstance(side.value, bool):
            problem = f"{json.dumps(side.value)} is always {'true' if side.value else 'false'} here"
            yield source.error(side.at, f"{problem}: '{logic.operator}' gives true or false", _OTHER_VALUE)


def _odd_times(call: Call, source: Source) -> Iterator[TemplateError]:
    match call:
        case Call("now", (Literal(str() as layout, at=at),)):
            unknown = [found[0] for found in _CONVERSION.finditer(layout) if found[1] not in _CONVERSIONS]
            if unknown or "%" not in layout:
                problem = f"now() knows no {unknown[0]!r}" if unknown else f"now({json.dumps(layout)}) is no time"
                yield source.error(at, problem, 'a format as of strftime, "%Y-%m-%d"; now() alone is as in RFC 3339')
