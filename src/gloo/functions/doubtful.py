"""What a template may say and hardly ever means: each is a warning, with its place."""

import json
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

_OTHER_VALUE = 'write default(a, "x") for another value, and a == "x" or a == "y" to compare with both'


def doubts(block: Block, source: Source) -> Iterator[TemplateError]:
    """Warn of values of a message that are not escaped, and of constants among the sides of `and` and `or`."""
    for statement in statements(block):
        if isinstance(statement, Output) and any(map(_is_foreign, raw_values(statement.expression))):
            hint = "raw lets a client's value be part of the text around it"
            yield source.error(statement.at, "this value is not escaped", hint)
        for expression in expressions_of(statement):
            yield from _constant_sides(expression, source)


def _is_foreign(expression: Expression) -> bool:
    """Tell whether anything of a message is in *expression*."""
    if isinstance(expression, Variable):
        return True
    if isinstance(expression, Call) and FUNCTIONS[expression.function].varies:
        return expression.function not in _OURS
    return any(map(_is_foreign, children(expression)))


def _constant_sides(expression: Expression, source: Source) -> Iterator[TemplateError]:
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        waiting += children(found)
        if not isinstance(found, Logic):
            continue
        for side in (found.left, found.right):
            if isinstance(side, Literal) and not isinstance(side.value, bool):
                problem = f"{json.dumps(side.value)} is always {'true' if side.value else 'false'} here"
                yield source.error(side.at, f"{problem}: '{found.operator}' gives true or false", _OTHER_VALUE)
