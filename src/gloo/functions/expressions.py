"""Write expressions as Lua.

One expression can be asked for in four ways: `value` (nil if it is missing), `need` (fails if it is missing),
`truth` (for a condition) and `rendered` (the escaped text for its place). `rendered` goes down into choices and
defaults, so that what a place needs is decided for each leaf when the template is compiled.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gloo.functions import lua
from gloo.functions.calls import write_call
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.names import Names
from gloo.functions.source import Source
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
    Place,
    Variable,
    calls,
    choices,
    may_be_missing,
)
from gloo.functions.wording import called, subject
from gloo.model.base import Value

_PRINTERS = {
    Place.PLAIN: "gloo.text",
    Place.JSON_STRING: "gloo.json_string",
    Place.JSON_VALUE: "gloo.json_value",
    Place.JSON_KEY: "gloo.json_key",
    Place.SEGMENT: "gloo.segment",
    Place.QUERY: "gloo.query_value",
    Place.HEADER: "gloo.header_value",
    Place.FORM: "gloo.form_value",
    Place.XML_TEXT: "gloo.xml_text",
    Place.XML_ATTRIBUTE: "gloo.xml_attribute",
}
_RAW_PRINTERS = {
    Place.TARGET: "gloo.raw_target",
    Place.SEGMENT: "gloo.raw_target",
    Place.QUERY: "gloo.raw_target",
    Place.HEADER: "gloo.header_value",
}
_COMPARISONS = {"<": "less", "<=": "less_equal", ">": "less", ">=": "less_equal"}
_ARITHMETIC = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "divide_whole",
    "%": "modulo",
    "**": "power",
}

MANY = 8
"""Texts that `~` joins one by one; more become one list."""


@dataclass(slots=True)
class Sites:
    """The places of a function's templates that can fail, numbered for the program, from 1."""

    rows: dict[tuple[str, str, int, int], int] = field(default_factory=dict)

    def number(self, name: str, source: Source, at: int) -> str:
        row = (name, source.field, *source.position(at))
        return str(self.rows.setdefault(row, len(self.rows) + 1))


class Expressions(Value, frozen=True):
    """Writes the expressions of one template.

    Args:
        names, sites: of the whole function; noted in while writing.
        source: the template.
        local: the template's own names (of loops and ``set``) and the Lua variables that hold them.
        asks_kinds: the template asks what a value is, as one for several routes may: text on one, a list on another.
    """

    names: Names
    sites: Sites
    source: Source
    local: Mapping[tuple[str, ...], str]
    asks_kinds: bool = False

    def value(self, expression: Expression) -> str:
        """Write *expression* as a value; nil if it is missing."""
        match expression:
            case Literal(value):
                return lua.literal(value)
            case Variable():
                return self.names.resolve(expression, self.local, self.source).lua
            case Item(base, key):
                self.check_parts(base, "it has no elements")
                return lua.call("gloo.item", self.value(base), self.need(key))
            case Call():
                return write_call(self, expression)
            case Choice():
                *cases, last = choices(expression)
                written = [f"{self.truth(condition)} and {{{self.value(then)}}}" for condition, then in cases]
                return f"({' or '.join((*written, f'{{{self.value(last[1])}}}'))})[1]"
            case Concatenation(parts):
                return self._joined(parts)
            case ListOf(items):
                return f"{{{', '.join((f'[0] = {len(items)}', *map(self.need, items)))}}}"
            case ObjectOf(pairs):
                return self._object(dict(pairs))
        return self._operation(expression)

    def check_parts(self, whole: Expression, problem: str) -> None:
        """Raise `TemplateError` with *problem* if *whole* is a variable that is text for all requests."""
        if not isinstance(whole, Variable) or self.names.body == "multipart":  # whose fields may be files, objects
            return
        if not self.asks_kinds and self.names.resolve(whole, self.local, self.source).is_text:
            is_field = self.names.body == "form" and all(each.path != whole.path for each in self.names.bindings)
            hint = f'values("{whole.name}") is a list' if is_field else "parameters are text"
            raise self.source.error(whole.at, f"'{whole.name}' is text for all requests; {problem}", hint)

    def _joined(self, parts: Sequence[Expression]) -> str:
        """Write *parts* as one text: many as one list, since each argument takes a register."""
        if len(parts) <= 4:  # no loop
            return lua.call("gloo.paid", " .. ".join(map(self.text, parts)))
        texts = ", ".join(map(self.text, parts))
        return lua.call("gloo.joined", texts if len(parts) <= MANY else f"unpack({{{texts}}}, 1, {len(parts)})")

    def need(self, expression: Expression) -> str:
        """Write *expression* as a value that fails if it is missing."""
        written = self.value(expression)
        if may_be_missing(expression):
            return lua.call("gloo.need", written, self.site(expression))
        return written

    def truth(self, expression: Expression) -> str:
        """Write *expression* as a Lua condition."""
        if isinstance(expression, Not | Logic | Comparison) or calls(expression, "exists"):
            return self.value(expression)
        return lua.call("gloo.truth", self.value(expression))

    def rendered(self, expression: Expression, place: Place, *, may_be_empty: bool = False) -> str:
        """Write *expression* as text that is escaped for *place*; an empty path segment is refused unless allowed."""
        match expression:
            case Literal(None) if place is not Place.SEGMENT or may_be_empty:
                return lua.quoted("null" if place is Place.JSON_VALUE else "")
            case Literal(value) if place is Place.JSON_VALUE:
                return lua.quoted(json.dumps(value))
            case Choice():
                cases = [(when, self._chosen(each, place, may_be_empty)) for when, each in choices(expression)]
                return f"({''.join(f'{self.truth(when)} and {text} or ' for when, text in cases[:-1])}{cases[-1][1]})"
            case Call("raw", (inner,)):
                return lua.call(_RAW_PRINTERS.get(place, "gloo.text"), self.value(inner), self.site(inner))
            case Call("default", (Variable() as first, second)):
                left, right = (self.rendered(each, place, may_be_empty=True) for each in (first, second))
                return f"(gloo.present({self.value(first)}) and {left} or {right})"
        return lua.call(self._printer(expression, place, may_be_empty), self.value(expression), self.site(expression))

    def _chosen(self, expression: Expression, place: Place, may_be_empty: bool) -> str:
        """Write one side of an inline `if`: a path segment is empty only if that side says so by itself."""
        says_so = isinstance(expression, Literal) and expression.value in ("", None)
        return self.rendered(expression, place, may_be_empty=may_be_empty or says_so)

    def _printer(self, expression: Expression, place: Place, may_be_empty: bool) -> str:
        if place is Place.TARGET:
            hint = "write the slash, or use | raw for a value that brings it"
            raise self.source.error(expression.at, "a path must start with '/'", hint)
        if place is Place.JSON_VALUE and (own := self._text_printer(expression)):
            return own
        if place is Place.SEGMENT and may_be_empty:
            return "gloo.query_value"
        return _PRINTERS[place]

    def _text_printer(self, expression: Expression) -> str:
        """Return what prints *expression*, if it is text of the request, which has no JSON type of its own."""
        if isinstance(expression, Variable):
            return self.names.resolve(expression, self.local, self.source).printer
        return "gloo.json_parameter" if isinstance(expression, Call) and FUNCTIONS[expression.function].untyped else ""

    def site(self, expression: Expression) -> str:
        """The number of the site of *expression*."""
        return self.sites.number(called(expression), self.source, expression.at)

    def subject(self, call: Call) -> str:
        """The number of the site of what *call* works on."""
        return self.sites.number(subject(call), self.source, call.at)

    def text(self, expression: Expression) -> str:
        """Write *expression* as text."""
        if isinstance(expression, Literal) and isinstance(expression.value, str):
            return lua.quoted(expression.value)
        return lua.call("gloo.text", self.value(expression), self.site(expression))

    def number(self, expression: Expression) -> str:
        """Write *expression* as a number."""
        return lua.call("gloo.number", self.need(expression), self.site(expression))

    def _operation(self, expression: Not | Logic | Comparison | Arithmetic) -> str:
        match expression:
            case Not(operand):
                return f"(not {self.truth(operand)})"
            case Logic(operator, left, right):
                return f"({self.truth(left)} {operator} {self.truth(right)})"
            case Comparison():
                return self._comparison(expression)
            case Arithmetic(operator, left, right):
                function = f"gloo.{_ARITHMETIC[operator]}"
                return lua.call(function, self.need(left), self.need(right), self.site(left), self.site(right))

    def _comparison(self, expression: Comparison) -> str:
        left, right, operator = expression.left, expression.right, expression.operator
        if operator in ("==", "!="):
            same = lua.call("gloo.equal", self.value(left), self.value(right))
            return same if operator == "==" else f"(not {same})"
        if operator in ("in", "not in"):
            found = lua.call("gloo.contains", self.need(right), self.need(left))
            return found if operator == "in" else f"(not {found})"
        first, second = (right, left) if operator in (">", ">=") else (left, right)
        sites = self.site(first), self.site(second)
        return lua.call(f"gloo.{_COMPARISONS[operator]}", self.need(first), self.need(second), *sites)

    def _object(self, pairs: Mapping[str, Expression]) -> str:
        keys = [lua.quoted(key) for key in pairs]
        values = [f"[{lua.quoted(key)}] = {self.need(value)}" for key, value in pairs.items()]
        return f"{{{', '.join((*keys, *values))}}}"
