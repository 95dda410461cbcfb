"""Write expressions as Lua.

One expression can be asked for in four ways: `value` (nil if it is missing), `need` (fails if it is missing),
`truth` (for a condition) and `rendered` (the escaped text for its place). `rendered` goes down into choices and
defaults, so that what a place needs is decided for each leaf when the template is compiled.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gloo.functions import lua
from gloo.functions.catalogue import LATER
from gloo.functions.constants import check_pseudo_header
from gloo.functions.extractors import named_groups, replacement
from gloo.functions.names import Names
from gloo.functions.regex import compile_pattern
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
_CONTROLS = re.compile(r"[\x00-\x06\x08\x0e-\x1f\x7f]")
"""What ``"\\b"`` and ``"\\1"`` in quotes stand for, and no one means in a regex."""
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
    """

    names: Names
    sites: Sites
    source: Source
    local: Mapping[tuple[str, ...], str]

    def value(self, expression: Expression) -> str:
        """Write *expression* as a value; nil if it is missing."""
        match expression:
            case Literal(value):
                return lua.literal(value)
            case Variable():
                return self.names.resolve(expression, self.local, self.source).lua
            case Item(base, key):
                return lua.call("gloo.item", self.value(base), self.need(key))
            case Call():
                return self._call(expression)
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

    def _joined(self, parts: Sequence[Expression]) -> str:
        """Write *parts* as one text: many as one list, since each argument takes a register."""
        if len(parts) <= 4:  # no loop
            return lua.call("gloo.paid", " .. ".join(map(self._text, parts)))
        texts = ", ".join(map(self._text, parts))
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
        return "gloo.json_parameter" if isinstance(expression, Call) and expression.function in _TEXTS else ""

    def site(self, expression: Expression) -> str:
        """The number of the site of *expression*."""
        return self.sites.number(called(expression), self.source, expression.at)

    def _call(self, expression: Call) -> str:
        if own := _CALLS.get(expression.function):
            return own(self, expression)
        return lua.call(f"gloo.call_{expression.function}", self._subject(expression), *self._arguments(expression))

    def _arguments(self, call: Call) -> list[str]:
        """Write what *call* is given; of what comes behind the first, each has a site of its own."""
        later = {"text": self._text, "number": self._number}.get(LATER.get(call.function, ""), self.need)
        return [(later if index else self.need)(argument) for index, argument in enumerate(call.arguments)]

    def _number(self, expression: Expression) -> str:
        return lua.call("gloo.number", self.need(expression), self.site(expression))

    def _subject(self, call: Call) -> str:
        return self.sites.number(subject(call), self.source, call.at)

    def _cluster_metadata(self, expression: Call) -> str:
        return self.names.known.annotation(self._name(expression))

    def _data_source(self, expression: Call) -> str:
        if self._variable_of_environment(expression) is not None:
            return self._env(expression)
        return self.names.known.data_source(self._name(expression))

    def _host_metadata(self, expression: Call) -> str:
        key = self._name(expression)
        if self.names.message == "request":
            problem = "host_metadata() is for response templates: the host is chosen after the request is made"
            raise self.source.error(expression.at, problem, "cluster_metadata() is known before")
        if not re.fullmatch(r"[\w.-]+", key.text, re.ASCII):
            raise key.error(0, f"{key.text!r} can't be the name of a mark", "letters, digits, '-', '_' and '.'")
        self.names.hosts.setdefault(key.text)
        return lua.field("hosts", key.text)

    def _default(self, expression: Call) -> str:
        first, second = expression.arguments
        return lua.call("gloo.default", self._optional(first), self.value(second))

    def _optional(self, expression: Expression) -> str:
        """Write *expression* as a value that may be missing, even a variable of the environment or an element."""
        match expression:
            case Item(base, key):
                return lua.call("gloo.item", self._optional(base), self.need(key))
            case Call("first" | "last" | "at" as function, (items, *rest)):
                some = f"gloo.some_{function}"
                return lua.call(some, self._subject(expression), self._optional(items), *map(self.need, rest))
        if isinstance(expression, Call) and expression.function == "cluster_metadata":
            name = self._name(expression)
            return self.names.known.annotation(name, may_be_missing=True)
        variable = self._variable_of_environment(expression)
        return self.value(expression) if variable is None else lua.call("gloo.env", lua.quoted(variable))

    def _env(self, expression: Call) -> str:
        variable = self._variable_of_environment(expression) or ""
        return lua.call("gloo.env", lua.quoted(variable), self.site(expression))

    def _variable_of_environment(self, expression: Expression) -> str | None:
        """Return the variable of the environment that *expression* stands for; None if it stands for something else."""
        if not isinstance(expression, Call) or expression.function not in ("env", "data_source"):
            return None
        name = self._name(expression)
        return self.names.known.variable(name, of_data=expression.function == "data_source")

    def _dynamic_metadata(self, expression: Call) -> str:
        key, namespace = (lua.quoted(self._constant(expression, each).text) for each in expression.arguments)
        return lua.call("gloo.metadata", namespace, key)

    def _jwt_claim(self, expression: Call) -> str:
        return lua.call("gloo.jwt_claim", lua.quoted(self._name(expression).text))

    def _digest(self, expression: Call) -> str:
        arguments = expression.arguments
        if len(arguments) == (2 if expression.function == "sha256" else 3):
            form = self._constant(expression, arguments[-1])
            if form.text not in ("hex", "base64", "base64url"):
                raise form.error(0, f"{form.text!r} is not a way to write bytes", "hex, base64 or base64url")
        return lua.call(f"gloo.call_{expression.function}", self._subject(expression), *self._arguments(expression))

    def _exists(self, expression: Call) -> str:
        (argument,) = expression.arguments
        if isinstance(argument, Literal) and isinstance(argument.value, str):  # Inja names the variable in quotes
            argument = Variable(tuple(argument.value.split(".")), argument.at)
        return f"({self._optional(argument)} ~= nil)"

    def _header(self, expression: Call) -> str:
        (name,) = expression.arguments
        match name:
            case Literal(str() as constant):
                check_pseudo_header(name, self.names.message, self.source)
                written = lua.quoted(constant.lower())
            case _:
                written = self._text(name)
        if ("loop", "index") in self.local:
            return lua.call("gloo.header", "headers", written)
        return f'(headers:get({written}) or "")'

    def _request_header(self, expression: Call) -> str:
        if self.names.message == "request":
            return self._header(expression)
        (name,) = expression.arguments
        if not isinstance(name, Literal) or not isinstance(name.value, str):
            raise self.source.error(expression.at, "request_header() takes a name in quotes here")
        check_pseudo_header(name, "request", self.source)
        self.names.kept.setdefault(name.value.lower())
        return f'(kept[{lua.quoted(name.value.lower())}] or "")'

    def _body(self, expression: Call) -> str:
        self.names.reads_text = True
        return '(text or "")'

    def _context(self, expression: Call) -> str:
        return self.names.whole()

    def _extraction(self, expression: Call) -> str:
        variable = Variable(tuple(self._name(expression).text.split(".")), expression.arguments[0].at)
        return lua.call("gloo.default", self.names.parameter(variable, self.source), '""')

    def _values(self, expression: Call) -> str:
        name = self._name(expression)
        found = lua.call("gloo.field", self.names.lists(expression, self.source), lua.quoted(name.text))
        return f"({found} or gloo.no_values)"

    def _regex_match(self, expression: Call) -> str:
        text, pattern = expression.arguments
        regex = compile_pattern(self._pattern(expression, pattern))
        return lua.call("gloo.matches", self._text(text), self.names.constant(regex.lua))

    def _regex_replace(self, expression: Call) -> str:
        text, pattern, new = expression.arguments
        source, wanted = self._pattern(expression, pattern), self._constant(expression, new)
        regex = compile_pattern(source, kept=named_groups(wanted.text))
        parts = replacement(wanted, regex, pattern=source)
        return lua.call("gloo.replace_all", self._text(text), self.names.constant(regex.lua), parts)

    def _pattern(self, call: Call, argument: Expression) -> Source:
        source = self._constant(call, argument)
        if found := _CONTROLS.search(source.text):
            problem = f"the quoted text says {found[0]!r} here, a control character"
            raise source.error(found.start(), problem, "a backslash of the regex is written twice: \\\\1, \\\\b")
        return source

    def _text(self, expression: Expression) -> str:
        """Write *expression* as text."""
        if isinstance(expression, Literal) and isinstance(expression.value, str):
            return lua.quoted(expression.value)
        return lua.call("gloo.text", self.value(expression), self.site(expression))

    def _constant(self, call: Call, argument: Expression) -> Source:
        """The text of a constant *argument*, for errors that point at the call."""
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            raise self.source.error(argument.at, f"{call.function}() takes this argument in quotes")
        return self.source.inside(argument.at, argument.value)

    def _name(self, call: Call) -> Source:
        """The text of the constant that *call* is given first."""
        return self._constant(call, call.arguments[0])

    def _raw(self, expression: Call) -> str:
        return self.value(expression.arguments[0])

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


_CALLS: Mapping[str, Callable[[Expressions, Call], str]] = {
    "body": Expressions._body,
    "cluster_metadata": Expressions._cluster_metadata,
    "context": Expressions._context,
    "data_source": Expressions._data_source,
    "default": Expressions._default,
    "dynamic_metadata": Expressions._dynamic_metadata,
    "env": Expressions._env,
    "exists": Expressions._exists,
    "extraction": Expressions._extraction,
    "header": Expressions._header,
    "host_metadata": Expressions._host_metadata,
    "hmac_sha256": Expressions._digest,
    "jwt_claim": Expressions._jwt_claim,
    "raw": Expressions._raw,
    "regex_match": Expressions._regex_match,
    "regex_replace": Expressions._regex_replace,
    "request_header": Expressions._request_header,
    "sha256": Expressions._digest,
    "values": Expressions._values,
}
_TEXTS = frozenset(("header", "request_header", "extraction"))
"""Functions that give text of the message, which has no JSON type of its own."""
