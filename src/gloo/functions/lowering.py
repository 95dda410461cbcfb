"""Take out of a function what Envoy itself does with the same outcome for every request; the rest stays Lua.

That is headers: their templates are text, or text and values of the request that are always there or come out empty in
both forms. Paths are Envoy's too where the whole function is, see `gloo.functions.plain_request`; no filter sets
``:method`` (docs/decisions/0002-lowering.md).
"""

import re
from collections.abc import Callable, Mapping, Sequence

from gloo.functions.parameters import Parameter, bindings, named
from gloo.functions.program import FunctionTemplate, Program
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Block, Call, Literal, Output, Statement, Text, Variable
from gloo.model.base import Value, replace

_FREE = ("method", "authority", "scheme")
"""Variables that every request has; ``path`` is not among them: Envoy's own has the query."""

_JOINED = ("accept", "authorization", "content-type", "origin", "referer", "user-agent")
"""Headers that Envoy joins when they come twice, so that a format and Lua see the same value."""

_READABLE = re.compile(r"(?!x-envoy-|grpc-timeout$|accept-encoding$|range$|host$|cookie$)[a-z0-9_-]+")
"""Headers that a format may read: none that the router writes or a filter takes away before that is filled in."""

_COPY = re.compile(r"%(?:REQ|CEL)\(")
_MOST_COPIES = 16
"""Copies of headers that a function may make: a client's may be long, and only a program counts what it makes."""

_LONGEST_VALUE = 8_000
"""Characters in a value: Envoy takes 16,384 bytes in a format, where a percent sign counts twice."""

_PLAIN = re.compile(r"[!-~]([ -~]*[!-~])?")

Formats = Mapping[tuple[str, ...], str]
"""How variables are written in Envoy's format of header values, by name."""


class NativeHeader(Value, frozen=True):
    """A header that Envoy sets.

    Args:
        name: in lower case.
        value: the text, or if it is a *format* text with ``%COMMANDS%`` in it; one that comes out empty removes
            the header.
    """

    name: str
    value: str
    format: bool = False


ASKED_PLAIN = (NativeHeader("accept-encoding", ""), NativeHeader("range", ""))
"""What makes an upstream answer whole and not compressed."""


class Lowered(Value, frozen=True):
    """A function in two parts: first *rest* runs as a program, unless it is empty, and then *headers* are set."""

    headers: tuple[NativeHeader, ...]
    rest: FunctionTemplate


def lower(template: FunctionTemplate, parameters: Sequence[Parameter] = ()) -> Lowered:
    """Split *template*, which compiles with *parameters*.

    Where a program is needed all the same, it copies headers at less cost than a format that sees all of their values.
    """
    formats = _formats(template, parameters)
    whole = _split(template, _native_headers(template, formats, is_readable))
    return whole if whole.rest.leaves_requests else _split(template, _native_headers(template, formats, _is_joined))


def _split(template: FunctionTemplate, native: Mapping[str, NativeHeader]) -> Lowered:
    kept = tuple((name, text) for name, text in template.headers if name not in native)
    return Lowered(tuple(native.values()), replace(template, headers=kept))


def header_value(name: str) -> str:
    """Return Envoy's format for the values of the header *name*, joined as a program sees them."""
    return f"%REQ({name})%" if _is_joined(name) else f"%CEL(request.headers['{name}'])%"


WHOLE_HEADER = re.compile(r"%CEL\(request\.headers\['(?P<whole>[a-z0-9_-]+)'\]\)%")
"""Such a format of a header that may come twice."""


def _is_joined(name: str) -> bool:
    return name in _JOINED


def is_readable(name: str) -> bool:
    """Tell whether a format of Envoy sees of the header *name*, in lower case, what a program sees."""
    return _READABLE.fullmatch(name) is not None


def may_note(program: Program) -> bool:
    """Tell whether Envoy can leave what *program* needs of a request for its answer."""
    return not program.answers or all(map(is_readable, program.kept))


def native_headers(
    template: FunctionTemplate, parameters: Sequence[Parameter], formats: Formats
) -> tuple[NativeHeader, ...] | None:
    """Return all headers of *template* as Envoy sets them, or None if it can't set one of them.

    Args:
        formats: how variables are written that a parameter binds, by name.
    """
    native = _native_headers(template, {**_formats(template, parameters), **formats}, is_readable)
    return tuple(native.values()) if len(native) == len(template.headers) else None


def _formats(template: FunctionTemplate, parameters: Sequence[Parameter]) -> Formats:
    """Return how those variables are written that every request has and no parameter binds."""
    sources = (*template.extractors, *map(named, parameters))
    bound = {binding.path[0] for binding in bindings(sources)}
    written = {name.lower() for name, _ in template.headers}
    changed = {name.removeprefix(":") for name in written if name.startswith(":")}
    if "host" in written:
        changed.add("authority")
    return {(name,): f"%REQ(:{name})%" for name in _FREE if bound and name not in bound | changed}


def _native_headers(
    template: FunctionTemplate, formats: Formats, reads: Callable[[str], bool]
) -> dict[str, NativeHeader]:
    """Return those headers that are Envoy's to set, by name as they are written; *reads* tells what it may read."""
    written = {name.lower() for name, _ in template.headers}
    native: dict[str, NativeHeader] = {}
    for name, text in template.headers:
        if _may_be_native(name.lower(), template):
            source = Source.of_line(f"headers.{name}", text, pointers=template.known.pointers)
            header = _native(name.lower(), parse(source), formats, lambda asked: reads(asked) and asked not in written)
            if header is not None:
                native[name] = header
    if sum(len(_COPY.findall(header.value)) for header in native.values() if header.format) > _MOST_COPIES:
        return {name: header for name, header in native.items() if not header.format}
    return native


def _may_be_native(name: str, template: FunctionTemplate) -> bool:
    """Tell whether the header is Envoy's to set.

    The type of a body that a program may write is the program's, and so is what it takes away to read answers.
    """
    if name.startswith(":") or name == "host":
        return False
    if template.responses and any(name == header.name for header in ASKED_PLAIN):
        return False
    return name != "content-type" or not template.writes_body


def _native(name: str, block: Block, formats: Formats, reads: Callable[[str], bool]) -> NativeHeader | None:
    if not block:
        return NativeHeader(name, "")
    if all(isinstance(statement, Text) for statement in block):
        text = "".join(statement.text for statement in block if isinstance(statement, Text))
        return NativeHeader(name, text) if _PLAIN.fullmatch(text) and len(text) <= _LONGEST_VALUE else None
    parts = [_part(statement, formats, reads) for statement in block]
    value = "".join(part for part in parts if part is not None)
    if None in parts or len(value) > _LONGEST_VALUE:
        return None
    return NativeHeader(name, value, format=True)


def _part(statement: Statement, formats: Formats, reads: Callable[[str], bool]) -> str | None:
    """Write *statement* in Envoy's format of header values; None if it says something else there."""
    match statement:
        case Text(text) if re.fullmatch(r"[!-~]+", text):
            return text.replace("%", "%%")
        case Output(Variable(name)) if name in formats:
            return formats[name]
        case Output(Call("header" | "request_header", (Literal(str() as name),))) if reads(name.lower()):
            return header_value(name.lower())
    return None
