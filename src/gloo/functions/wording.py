"""Say an expression in words, as it stands in a template, for the errors of requests."""

import json

from gloo.functions.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Concatenation,
    Expression,
    Item,
    ListOf,
    Literal,
    Logic,
    Not,
    ObjectOf,
    Variable,
    children,
)

_LONGEST_NAME = 60
"""Characters of a name; a longer one is cut."""


def called(expression: Expression) -> str:
    """Return the name by which an error calls the value of *expression*."""
    return _cut(_words(expression))


def subject(call: Call) -> str:
    """Return the name of what *call* works on: the first variable that it is given, or the call as a whole."""
    return _cut(_first_variable(call) or _words(call))


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 3]}..."


def _first_variable(expression: Expression) -> str:
    if isinstance(expression, Variable):
        return expression.name
    return next((name for child in children(expression) if (name := _first_variable(child))), "")


def _words(expression: Expression) -> str:
    match expression:
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case Variable():
            return expression.name
        case Item(base, key):
            return f"{_words(base)}[{_words(key)}]"
        case Call(function, arguments):
            return f"{function}({_listed(arguments)})"
        case Choice(condition, then, otherwise):
            return f"{_words(then)} if {_words(condition)} else {_words(otherwise)}"
        case Not(operand):
            return f"not {_words(operand)}"
        case Concatenation(parts):
            return " ~ ".join(map(_words, parts))
        case Logic(operator, left, right) | Comparison(operator, left, right) | Arithmetic(operator, left, right):
            return f"{_words(left)} {operator} {_words(right)}"
        case ListOf(items):
            return f"[{_listed(items)}]"
        case ObjectOf(pairs):
            return f"{{{', '.join(f'{json.dumps(key)}: {_words(value)}' for key, value in pairs)}}}"


def _listed(expressions: tuple[Expression, ...]) -> str:
    return ", ".join(map(_words, expressions))
