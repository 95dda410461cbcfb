"""Write calls of the functions of the language as Lua.

Most of them are calls of ``gloo.call_<name>`` with their values. Those that ask for the message itself, or take what
has to be known when the template is compiled, are written in a way of their own: `_OWN`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from gloo.functions import lua
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.constants import check_pseudo_header
from gloo.functions.extractors import named_groups, replacement
from gloo.functions.names import Names
from gloo.functions.regex import compile_pattern
from gloo.functions.source import Source
from gloo.functions.tree import Call, Expression, Item, Literal, Variable, taken

_CONTROLS = re.compile(r"[\x00-\x06\x08\x0e-\x1f\x7f]")
"""What ``"\\b"`` and ``"\\1"`` in quotes stand for, and no one means in a regex."""


class Writer(Protocol):
    """What writes the expressions that a call is given."""

    @property
    def names(self) -> Names: ...
    @property
    def source(self) -> Source: ...
    @property
    def local(self) -> Mapping[tuple[str, ...], str]: ...

    def value(self, expression: Expression) -> str: ...
    def need(self, expression: Expression) -> str: ...
    def text(self, expression: Expression) -> str: ...
    def number(self, expression: Expression) -> str: ...
    def site(self, expression: Expression) -> str: ...
    def subject(self, call: Call) -> str: ...
    def check_parts(self, whole: Expression, problem: str) -> None: ...


def write_call(write: Writer, call: Call) -> str:
    """Write *call* as a value, with *write* for what it is given."""
    return _OWN.get(call.function, _usual)(write, call)


def _usual(write: Writer, call: Call) -> str:
    return lua.call(f"gloo.call_{call.function}", write.subject(call), *_arguments(write, call))


def _arguments(write: Writer, call: Call) -> Iterator[str]:
    """Write what *call* is given; of what comes behind the first, each has a site of its own."""
    for index, (takes, argument) in enumerate(taken(call)):
        match takes:
            case "text" if index:
                yield write.text(argument)
            case "number" | "divisor" if index:
                yield write.number(argument)
            case _:
                yield write.need(argument)


def _default(write: Writer, call: Call) -> str:
    first, second = call.arguments
    return lua.call("gloo.default", _optional(write, first), write.value(second))


def _exists(write: Writer, call: Call) -> str:
    (argument,) = call.arguments
    if isinstance(argument, Literal) and isinstance(argument.value, str):  # Inja names the variable in quotes
        argument = Variable(tuple(argument.value.split(".")), argument.at)
    return f"({_optional(write, argument)} ~= nil)"


def _optional(write: Writer, expression: Expression) -> str:
    """Write *expression* as a value that may be missing, even a variable of the environment or an element."""
    match expression:
        case Item(base, key):
            write.check_parts(base, "it has no elements")
            return lua.call("gloo.item", _optional(write, base), write.need(key))
        case Call(function, (items, *rest)) if FUNCTIONS[function].lenient:
            some = f"gloo.some_{function}"
            return lua.call(some, write.subject(expression), _optional(write, items), *map(write.need, rest))
        case Call("cluster_metadata"):
            return write.names.known.annotation(_name(write, expression), may_be_missing=True)
        case Call("env" | "data_source") if (variable := _variable_of_environment(write, expression)) is not None:
            return lua.call("gloo.env", lua.quoted(variable))
    return write.value(expression)


def _cluster_metadata(write: Writer, call: Call) -> str:
    return write.names.known.annotation(_name(write, call))


def _data_source(write: Writer, call: Call) -> str:
    if _variable_of_environment(write, call) is not None:
        return _env(write, call)
    return write.names.known.data_source(_name(write, call))


def _env(write: Writer, call: Call) -> str:
    variable = _variable_of_environment(write, call) or ""
    return lua.call("gloo.env", lua.quoted(variable), write.site(call))


def _variable_of_environment(write: Writer, call: Call) -> str | None:
    """Return the variable of the environment that *call* stands for; None if it stands for a text."""
    return write.names.known.variable(_name(write, call), of_data=call.function == "data_source")


def _header(write: Writer, call: Call) -> str:
    (name,) = call.arguments
    match name:
        case Literal(str() as constant):
            check_pseudo_header(name, write.names.message, write.source)
            written = lua.quoted(constant.lower())
        case _:
            written = write.text(name)
    if ("loop", "index") in write.local:
        return lua.call("gloo.header", "headers", written)
    return f'(headers:get({written}) or "")'


def _request_header(write: Writer, call: Call) -> str:
    if write.names.message == "request":
        return _header(write, call)
    (name,) = call.arguments
    if not isinstance(name, Literal) or not isinstance(name.value, str):
        raise write.source.error(call.at, "request_header() takes a name in quotes here")
    check_pseudo_header(name, "request", write.source)
    write.names.kept.setdefault(name.value.lower())
    return f'(kept[{lua.quoted(name.value.lower())}] or "")'


def _host_metadata(write: Writer, call: Call) -> str:
    key = _name(write, call)
    if write.names.message == "request":
        problem = "host_metadata() is for response templates: the host is chosen after the request is made"
        raise write.source.error(call.at, problem, "cluster_metadata() is known before")
    if not re.fullmatch(r"[\w.-]+", key.text, re.ASCII):
        raise key.error(0, f"{key.text!r} can't be the name of a mark", "letters, digits, '-', '_' and '.'")
    write.names.hosts.setdefault(key.text)
    return lua.field("hosts", key.text)


def _dynamic_metadata(write: Writer, call: Call) -> str:
    key, namespace = (lua.quoted(_constant(write, call, each).text) for each in call.arguments)
    return lua.call("gloo.metadata", namespace, key)


def _jwt_claim(write: Writer, call: Call) -> str:
    return lua.call("gloo.jwt_claim", lua.quoted(_name(write, call).text))


def _body(write: Writer, call: Call) -> str:
    write.names.reads_text = True
    return '(text or "")'


def _context(write: Writer, call: Call) -> str:
    return write.names.whole()


def _extraction(write: Writer, call: Call) -> str:
    variable = Variable(tuple(_name(write, call).text.split(".")), call.arguments[0].at)
    return lua.call("gloo.default", write.names.parameter(variable, write.source), '""')


def _values(write: Writer, call: Call) -> str:
    name = _name(write, call)
    found = lua.call("gloo.field", write.names.lists(call, write.source), lua.quoted(name.text))
    return f"({found} or gloo.no_values)"


def _raw(write: Writer, call: Call) -> str:
    return write.value(call.arguments[0])


def _digest(write: Writer, call: Call) -> str:
    arguments = call.arguments
    if len(arguments) == FUNCTIONS[call.function].most:
        form = _constant(write, call, arguments[-1])
        if form.text not in ("hex", "base64", "base64url"):
            raise form.error(0, f"{form.text!r} is not a way to write bytes", "hex, base64 or base64url")
    return _usual(write, call)


def _regex_match(write: Writer, call: Call) -> str:
    text, pattern = call.arguments
    regex = compile_pattern(_pattern(write, call, pattern))
    return lua.call("gloo.matches", write.text(text), write.names.constant(regex.lua))


def _regex_replace(write: Writer, call: Call) -> str:
    text, pattern, new = call.arguments
    source, wanted = _pattern(write, call, pattern), _constant(write, call, new)
    regex = compile_pattern(source, kept=named_groups(wanted.text))
    parts = replacement(wanted, regex, pattern=source)
    return lua.call("gloo.replace_all", write.text(text), write.names.constant(regex.lua), parts)


def _pattern(write: Writer, call: Call, argument: Expression) -> Source:
    source = _constant(write, call, argument)
    if found := _CONTROLS.search(source.text):
        problem = f"the quoted text says {found[0]!r} here, a control character"
        raise source.error(found.start(), problem, "a backslash of the regex is written twice: \\\\1, \\\\b")
    return source


def _constant(write: Writer, call: Call, argument: Expression) -> Source:
    """The text of a constant *argument*, for errors that point at the call."""
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise write.source.error(argument.at, f"{call.function}() takes this argument in quotes")
    return write.source.inside(argument.at, argument.value)


def _name(write: Writer, call: Call) -> Source:
    """The text of the constant that *call* is given first."""
    return _constant(write, call, call.arguments[0])


_OWN: Mapping[str, Callable[[Writer, Call], str]] = {
    "body": _body,
    "cluster_metadata": _cluster_metadata,
    "context": _context,
    "data_source": _data_source,
    "default": _default,
    "dynamic_metadata": _dynamic_metadata,
    "env": _env,
    "exists": _exists,
    "extraction": _extraction,
    "header": _header,
    "host_metadata": _host_metadata,
    "hmac_sha256": _digest,
    "jwt_claim": _jwt_claim,
    "raw": _raw,
    "regex_match": _regex_match,
    "regex_replace": _regex_replace,
    "request_header": _request_header,
    "sha256": _digest,
    "values": _values,
}
"""How functions are written that are more than a call with values."""
