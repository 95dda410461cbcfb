"""A reference interpreter of templates: it walks the tree that the compiler compiles, and says what must come out.

It is written for plainness: no code is generated, values are Python's. The parser and the placement are the
compiler's own; what is compared is all that comes after them.
"""

import json
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.functions.reference.functions import CALLS, less, modulo
from tests.functions.reference.printing import printed, printed_raw
from tests.functions.reference.values import (
    MISSING,
    MOST_WORK,
    Digits,
    TooMuch,
    Value,
    bad,
    equal,
    item,
    missing,
    number,
    text,
    truth,
)
from tests.functions.reference.values import field as field_of

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
    Literal,
    Logic,
    Not,
    ObjectOf,
    Output,
    Place,
    Set,
    Text,
    Variable,
    statements,
)

Local = Mapping[tuple[str, ...], Callable[[], Value]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """A request as templates see it.

    Args:
        fields: the fields of its JSON body.
        parameters: the values of the parameters, by name; MISSING where the request has none.
        body: the text of its body.
        headers: by lower-case name.
    """

    fields: Mapping[bytes, Value]
    parameters: Mapping[str, Value]
    body: bytes
    headers: Mapping[str, bytes]


@dataclass(slots=True)
class Interpreter:
    """Renders one template; *sets* are the values of its ``set`` names, one for the whole template."""

    inputs: Inputs
    sets: dict[str, Value] = field(default_factory=dict)
    work: int = 0

    def render(self, block: Block) -> bytes:
        for statement in statements(block):
            if isinstance(statement, Set):
                self.sets[statement.name] = self._variable((statement.name,), {})
        return b"".join(self._block(block, {}))

    def _block(self, block: Block, local: Local) -> list[bytes]:
        out, local = [], dict(local)
        for statement in block:
            match statement:
                case Text(literal):
                    out.append(literal.encode())
                case Output(expression, _, place):
                    out.append(self._printed(expression, place, local))
                case If():
                    out += self._if(statement, local)
                case For():
                    out += self._for(statement, local)
                case Set(name, expression):
                    self.sets[name] = self._need(expression, local)
            local |= {(s.name,): self._cell(s.name) for s in statements((statement,)) if isinstance(s, Set)}
        return out

    def _cell(self, name: str) -> Callable[[], Value]:
        return lambda: self.sets[name]

    def _if(self, statement: If, local: Local) -> list[bytes]:
        for branch in statement.branches:
            if truth(self._value(branch.condition, local)):
                return self._block(branch.block, local)
        return self._block(statement.otherwise, local)

    def _for(self, statement: For, local: Local) -> list[bytes]:
        items = self._need(statement.items, local)
        if isinstance(items, list if statement.key is None else dict):
            return self._loop(statement, _pairs(items), local)
        raise bad()

    def _loop(self, statement: For, pairs: list[tuple[bytes, Value]], local: Local) -> list[bytes]:
        out: list[bytes] = []
        for index, (key, value) in enumerate(pairs):
            self.work += 1
            if self.work > MOST_WORK:
                raise TooMuch
            inner = {**local, **_loop_names(index, len(pairs))}
            if statement.key is not None:
                inner[(statement.key,)] = _constant(key)
            inner[(statement.value,)] = _constant(value)
            out += self._block(statement.block, inner)
        return out if pairs else self._block(statement.otherwise, local)

    def _printed(self, expression: Expression, place: Place, local: Local, *, may_be_empty: bool = False) -> bytes:
        match expression:
            case Literal(None):
                return b"null" if place is Place.JSON_VALUE else b""
            case Literal(value) if place is Place.JSON_VALUE:
                return json.dumps(value).encode()
            case Choice(condition, then, otherwise):
                chosen = then if truth(self._value(condition, local)) else otherwise
                says_so = isinstance(chosen, Literal) and chosen.value in ("", None)
                return self._printed(chosen, place, local, may_be_empty=may_be_empty or says_so)
            case Call("raw", (inner,)):
                return printed_raw(self._value(inner, local), place)
            case Call("default", (Variable() as first, second)):
                chosen = second if self._value(first, local) in (None, MISSING) else first
                return self._printed(chosen, place, local, may_be_empty=True)
        is_text = self._is_text(expression, local)
        return printed(self._value(expression, local), place, is_text=is_text, may_be_empty=may_be_empty)

    def _is_text(self, expression: Expression, local: Local) -> bool:
        """Tell whether *expression* is text of the request: a parameter or a header."""
        if isinstance(expression, Call):
            return expression.function in ("header", "extraction")
        if not isinstance(expression, Variable) or expression.path[:1] in local:
            return False
        return expression.name in self.inputs.parameters

    def _need(self, expression: Expression, local: Local) -> Value:
        value = self._value(expression, local)
        if value is MISSING:
            raise missing()
        return value

    def _value(self, expression: Expression, local: Local) -> Value:
        match expression:
            case Literal(bool() | None as constant):
                return constant
            case Literal(str() as constant):
                return constant.encode()
            case Literal(value):
                return Digits(json.dumps(value))
            case Variable(path):
                return self._variable(path, local)
            case Item(base, key):
                return item(self._value(base, local), self._need(key, local))
            case Call(function, arguments):
                return self._call(function, arguments, local)
            case Choice(condition, then, otherwise):
                return self._value(then if truth(self._value(condition, local)) else otherwise, local)
            case Concatenation(parts):
                return b"".join([text(self._value(part, local)) for part in parts])
            case ListOf(items):
                return [self._need(each, local) for each in items]
            case ObjectOf(pairs):
                return {key.encode(): self._need(each, local) for key, each in dict(pairs).items()}
        return self._operation(expression, local)

    def _variable(self, path: tuple[str, ...], local: Local) -> Value:
        for length in range(1, len(path) + 1):
            if path[:length] in local:
                return _fields(local[path[:length]](), path[length:])
        if ".".join(path) in self.inputs.parameters:
            return self.inputs.parameters[".".join(path)]
        return _fields(dict(self.inputs.fields), path)

    def _call(self, function: str, arguments: tuple[Expression, ...], local: Local) -> Value:
        match function, arguments:
            case "default", (first, second):
                chosen, other = self._optional(first, local), self._value(second, local)
                return other if chosen in (None, MISSING) else chosen
            case "exists", (Literal(str() as name),):
                return self._variable(tuple(name.split(".")), local) is not MISSING
            case "exists", (argument,):
                return self._optional(argument, local) is not MISSING
            case "header", (Literal(str() as name),):
                return self.inputs.headers.get(name.lower(), b"")
            case "body", ():
                return self.inputs.body
            case "context", ():
                there = {k.encode(): v for k, v in self.inputs.parameters.items() if v is not MISSING}
                return {**self.inputs.fields, **there}
            case "extraction", (Literal(str() as name),):
                value = self.inputs.parameters[name]
                return b"" if value is MISSING else value
            case "raw", (argument,):
                return self._value(argument, local)
        return CALLS[function](*[self._need(argument, local) for argument in arguments])

    def _optional(self, expression: Expression, local: Local) -> Value:
        """The value, or that it is missing where it is an element that is not there."""
        match expression:
            case Item(base, key):
                return item(self._optional(base, local), self._need(key, local))
            case Call("at", (base, key)):
                return item(self._optional(base, local), self._need(key, local))
            case Call("first" | "last" as function, (argument,)):
                elements = self._optional(argument, local)
                return MISSING if elements in (MISSING, None, []) else CALLS[function](elements)
        return self._value(expression, local)

    def _operation(self, expression: Expression, local: Local) -> Value:
        match expression:
            case Not(operand):
                return not truth(self._value(operand, local))
            case Logic("and", left, right):
                return truth(self._value(left, local)) and truth(self._value(right, local))
            case Logic(_, left, right):
                return truth(self._value(left, local)) or truth(self._value(right, local))
            case Comparison():
                return self._compared(expression, local)
            case Arithmetic(symbol, left, right):
                return _calculated(symbol, self._need(left, local), self._need(right, local))
        raise TypeError(expression)

    def _compared(self, comparison: Comparison, local: Local) -> bool:
        symbol = comparison.operator
        if symbol in ("==", "!="):
            left, right = self._value(comparison.left, local), self._value(comparison.right, local)
            return equal(left, right) is (symbol == "==")
        if symbol in (">", ">=", "in", "not in"):  # the right side first, so that of two faults the same one is told
            second, first = self._need(comparison.right, local), self._need(comparison.left, local)
        else:
            first, second = self._need(comparison.left, local), self._need(comparison.right, local)
        if symbol in ("in", "not in"):
            return _contains(second, first) is (symbol == "in")
        small, large = (second, first) if symbol in (">", ">=") else (first, second)
        return less(small, large, or_equal=symbol.endswith("="))


def _constant(value: Value) -> Callable[[], Value]:
    return lambda: value


def _loop_names(index: int, length: int) -> Local:
    values: dict[str, Value] = {
        "index": float(index),
        "index0": float(index),
        "index1": float(index + 1),
        "is_first": index == 0,
        "first": index == 0,
        "is_last": index == length - 1,
        "last": index == length - 1,
        "length": float(length),
    }
    return {("loop", name): _constant(value) for name, value in values.items()}


def _fields(value: Value, names: tuple[str, ...]) -> Value:
    for name in names:
        value = field_of(value, name.encode())
    return value


def _pairs(items: Value) -> list[tuple[bytes, Value]]:
    """The keys and values of an object; the elements of a list, without keys."""
    if isinstance(items, dict):
        return list(items.items())
    return [(b"", each) for each in items] if isinstance(items, list) else []


def _contains(container: Value, element: Value) -> bool:
    match container:
        case bytes():
            return isinstance(element, bytes) and element in container
        case list():
            return any(equal(each, element) for each in container)
        case dict():
            return isinstance(element, bytes) and element in container
    return False


def _calculated(symbol: str, left: Value, right: Value) -> float:
    first, second = number(left), number(right)
    if symbol in ("/", "//", "%") and second == 0:
        raise bad()
    if symbol == "%":
        return modulo(first, second)
    if symbol == "**":
        return _power(first, second)
    if symbol == "//":
        quotient = first / second
        return float(math.floor(quotient)) if math.isfinite(quotient) else quotient
    operations: Mapping[str, Callable[[float, float], float]]
    operations = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    return operations[symbol](first, second)


def _power(base: float, exponent: float) -> float:
    """A power of small whole numbers; others may differ in the last digit from one C library to the next."""
    if base != math.floor(base) or exponent != math.floor(exponent) or not 0 <= exponent <= 8 or abs(base) > 50:
        raise TooMuch
    return math.pow(base, exponent)
