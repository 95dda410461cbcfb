"""Generate a function's Lua program from its templates and parameters.

A program is a Lua chunk that is called with the runtime and returns a table: its name, its sites (for errors), whether
it reads and writes the body, and ``request``, which renders everything first and only then changes headers. It is
straight-line code: text and escaped values joined, no interpretation left.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.blocks import render
from gloo.functions.body_language import place_body
from gloo.functions.context import HeaderValue, place
from gloo.functions.expressions import Expressions, Sites
from gloo.functions.extraction import extract
from gloo.functions.names import Names
from gloo.functions.parameters import Parameter, bindings, named
from gloo.functions.source import Source
from gloo.functions.target_language import Target
from gloo.functions.template import parse
from gloo.functions.tree import Block, Text

_MAX_LOCALS = 150
"""Lua has 200 local variables to a function."""

_JSON_TYPE = 'if body ~= "" then headers:replace("content-type", "application/json") end'
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNTOUCHABLE = frozenset(
    ("content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive")
)


@dataclass(frozen=True, slots=True)
class FunctionTemplate:
    """A function's request templates.

    Args:
        name: ``upstream/function``, for error answers.
        path: the new path and query; None leaves them.
        headers: names and templates of headers to set; ``:method`` and ``:authority`` may be among them.
        body: the new body; None passes the body through.
        parse_body: ``json``: a name that no parameter binds is a field of the JSON body; ``none``: it is an error.
    """

    name: str
    path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    parse_body: Literal["json", "none"] = "json"


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled function.

    Args:
        id: hash of the source; equal programs are one.
        source: the Lua text, plain ASCII.
        reads_body: Envoy must wait for the whole body, to read or to replace it.
    """

    id: str
    source: str
    reads_body: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of the new request: Lua *lines* that render it, and the line that puts it in place."""

    lines: tuple[str, ...]
    apply: str


def compile_function(template: FunctionTemplate, parameters: Sequence[Parameter] = ()) -> Program:
    """Compile *template* with values from *parameters*.

    Raises `TemplateError` with field, line and column for whatever can be known before a request comes.
    """
    parameters = tuple(named(parameter) for parameter in parameters)
    names = Names(parameters, bindings(parameters), body_fields=template.parse_body == "json")
    writer = _Writer(names, Sites())
    parts = [*writer.path(template), *writer.headers(template), *writer.body(template)]
    source = "\n".join(_chunk(template, writer, parts))
    digest = hashlib.blake2b(source.encode("ascii"), digest_size=12).hexdigest()
    return Program(digest, source, names.reads_body or template.body is not None)


def _chunk(template: FunctionTemplate, writer: "_Writer", parts: Sequence[_Part]) -> Iterator[str]:
    extraction = extract(writer.names)
    if len(extraction.constants) + len(extraction.lines) + len(parts) > _MAX_LOCALS:
        raise TemplateError("", "the function has too many parameters and headers", f"at most {_MAX_LOCALS} in all")
    yield "local gloo = ..."
    yield from extraction.constants
    yield f"return {{name = {lua.quoted(template.name)},"
    yield f"reads_body = {_bool(writer.names.reads_body)}, writes_body = {_bool(template.body is not None)},"
    yield f"sites = {{{', '.join(map(_row, writer.sites.rows))}}},"
    yield "request = function(headers, text)"
    if writer.names.reads_body:
        yield "local fields = gloo.fields(text)"
    yield from extraction.lines
    for part in parts:
        yield from part.lines
    yield from (part.apply for part in parts if part.apply)
    yield "return body" if template.body is not None else "return nil"
    yield "end}"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _row(row: tuple[str, str, int, int]) -> str:
    name, field, line, column = row
    return f"{{{lua.quoted(name)}, {lua.quoted(field)}, {line}, {column}}}"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the parts of one function; *names* and *sites* gather what they use."""

    names: Names
    sites: Sites

    def path(self, template: FunctionTemplate) -> Iterator[_Part]:
        if template.path is None:
            return
        source = Source.of("path", template.path)
        if not source.text:
            raise source.error(0, "a path can't be empty", "leave it out to keep the request's path")
        block = place(parse(source), Target(), source)
        lines = self._render("path", block, source)
        if not _is_constant(block):
            lines.append(f"path = gloo.target(path, {self.sites.number('path', source, 0)})")
        yield _Part(tuple(lines), 'headers:replace(":path", path)')

    def headers(self, template: FunctionTemplate) -> Iterator[_Part]:
        seen: set[str] = set()
        for index, (name, text) in enumerate(template.headers, 1):
            source = Source.of(f"headers.{name}", text)
            key = _header_name(name, source)
            if key in seen:
                raise source.error(0, f"the header '{key}' is set twice")
            seen.add(key)
            yield self._header(f"h{index}", key, source)

    def _header(self, variable: str, key: str, source: Source) -> _Part:
        block = place(parse(source), HeaderValue(), source)
        lines = self._render(variable, block, source)
        if key != ":method":
            return _Part(tuple(lines), f"gloo.set(headers, {lua.quoted(key)}, {variable})")
        if _is_constant(block) and not _TOKEN.fullmatch(source.text):
            raise source.error(0, f"{source.text!r} is not a method")
        lines.append(f"{variable} = gloo.method({variable}, {self.sites.number('method', source, 0)})")
        return _Part(tuple(lines), f'headers:replace(":method", {variable})')

    def body(self, template: FunctionTemplate) -> Iterator[_Part]:
        if template.body is None:
            return
        source = Source.of("body", template.body)
        declared = _declared_type(template.headers)
        placed = place_body(parse(source), declared, source)
        typed = placed.is_json and declared is None
        yield _Part(tuple(self._render("body", placed.block, source)), _JSON_TYPE if typed else "")

    def _render(self, variable: str, block: Block, source: Source) -> list[str]:
        return render(variable, block, Expressions(self.names, self.sites, source, {}))


def _is_constant(block: Block) -> bool:
    return all(isinstance(statement, Text) for statement in block)


def _header_name(name: str, source: Source) -> str:
    """Return *name* in lower case; raise `TemplateError` if a template may not set it."""
    key = ":authority" if name.lower() == "host" else name.lower()
    if key not in (":method", ":authority") and not _TOKEN.fullmatch(key):
        hint = (
            "set the path in 'path'" if key == ":path" else "of the pseudo headers, :method and :authority can be set"
        )
        raise source.error(0, f"{name!r} is not a header that can be set", hint)
    if key in _UNTOUCHABLE:
        raise source.error(0, f"the header '{key}' belongs to the connection and can't be set")
    return key


def _declared_type(headers: Iterable[tuple[str, str]]) -> str | None:
    """The content type that *headers* set, None if they leave it, "" if it is known at run time only."""
    for name, text in headers:
        if name.lower() == "content-type":
            return "" if "{" in text else text.strip()
    return None
