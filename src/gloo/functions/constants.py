"""Refuse at load what is known to fail for every request: calls and operators on constants that can't be used.

One constant is enough for it, whatever a request brings beside it. What is constant as a whole is run, see `trial`.
"""

import re

from gloo.functions.catalogue import Takes
from gloo.functions.names import Message
from gloo.functions.source import Source
from gloo.functions.tree import Arithmetic, Call, Comparison, Expression, ListOf, Literal, ObjectOf, taken
from gloo.model.http_name import is_token

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PSEUDO = (":method", ":path", ":authority", ":scheme", ":status")


def check_constants(expression: Expression, source: Source) -> None:
    """Raise `TemplateError` if a constant inside of *expression* makes it fail for every request."""
    match expression:
        case Arithmetic(operator, left, right):
            for operand in (left, right):
                _check_number(operand, source)
            if operator in ("/", "//", "%"):
                _check_divisor(right, source)
        case Comparison("<" | "<=" | ">" | ">=", left, right):
            _check_ordered(left, right, source)
        case Call():
            for takes, argument in taken(expression):
                _check_argument(expression.function, takes, argument, source)


def _check_argument(function: str, takes: Takes, argument: Expression, source: Source) -> None:
    match takes:
        case "number":
            _check_number(argument, source)
        case "divisor":
            _check_number(argument, source)
            _check_divisor(argument, source)
        case "list" | "elements" if isinstance(argument, Literal | ObjectOf):
            raise source.error(argument.at, f"{_said(argument)} is not a list", f"{function}() takes a list")
        case "elements" if isinstance(argument, ListOf) and not argument.items:
            raise source.error(argument.at, f"{function}() of an empty list is nothing")
        case "header":
            _check_header(argument, source)


def _check_number(operand: Expression, source: Source) -> None:
    if isinstance(operand, ListOf | ObjectOf) or (isinstance(operand, Literal) and not _is_number(operand)):
        hint = "~ joins texts" if isinstance(operand, Literal) and isinstance(operand.value, str) else ""
        raise source.error(operand.at, f"{_said(operand)} is not a number", hint)


def _is_number(literal: Literal) -> bool:
    value = literal.value
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return not isinstance(value, bool) and isinstance(value, int | float)


def _check_divisor(operand: Expression, source: Source) -> None:
    if isinstance(operand, Literal) and _is_number(operand) and _is_zero(operand.value):
        raise source.error(operand.at, "this divides by zero")


def _is_zero(value: object) -> bool:
    return float(value) == 0 if isinstance(value, str) else value == 0


def _check_ordered(left: Expression, right: Expression, source: Source) -> None:
    """Numbers and texts have an order, other things have none."""
    for operand in (left, right):
        if isinstance(operand, ListOf | ObjectOf) or (
            isinstance(operand, Literal) and (operand.value is None or isinstance(operand.value, bool))
        ):
            raise source.error(operand.at, f"{_said(operand)} has no order")


def _check_header(name: Expression, source: Source) -> None:
    if not isinstance(name, Literal):
        return
    text = name.value if isinstance(name.value, str) else ""
    if text.lower() not in _PSEUDO and not is_token(text):
        raise source.error(name.at, f"{_said(name)} can't be the name of a header")


def check_pseudo_header(name: Literal, message: Message, source: Source) -> None:
    """Raise `TemplateError` if *name* is a pseudo header that the *message* never has."""
    text = str(name.value).lower()
    if not text.startswith(":") or (text == ":status") == (message == "response"):
        return
    hint = 'an answer has it: header(":status")' if text == ":status" else f'request_header("{text}") has it'
    raise source.error(name.at, f"a {message} has no header {text}", hint)


def _said(expression: Expression) -> str:
    match expression:
        case Literal(str() as text):
            return repr(text)
        case Literal(None):
            return "null"
        case Literal(bool() as value):
            return "true" if value else "false"
        case Literal(value):
            return str(value)
        case ObjectOf():
            return "an object"
    return "a list"
