"""Write the pieces of a message, request or response, as Lua: its path, headers, status and body.

Each piece is rendered to a Lua variable of its own first; only when all are, they are put in place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.blocks import render
from gloo.functions.body_language import place_body
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.context import HeaderValue, place
from gloo.functions.doubtful import doubts
from gloo.functions.expressions import Expressions, Sites
from gloo.functions.faults import Faults
from gloo.functions.names import Names
from gloo.functions.room import Room, room_of
from gloo.functions.source import Source
from gloo.functions.target_language import Target, check_dots
from gloo.functions.template import parse
from gloo.functions.tree import Block, Text, functions_of, statements
from gloo.functions.trial import try_constants, try_lines
from gloo.model.base import Value
from gloo.model.http_name import FRAMING_HEADERS, is_host, is_token

_NO_METHODS = {
    "CONNECT": "that method opens a tunnel",
    "HEAD": "its answer has no body, for which a client would wait; the HEAD of a client stays one by itself",
}
_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
"""What servers know in capitals alone."""
_BODILESS = (204, 304)
_KINDS = frozenset(("isArray", "isObject", "isString"))
"""What a template asks that is for lists and texts alike."""


class Part(Value, frozen=True):
    """One piece of the new message: Lua *lines* that render it, and the line that puts it in place."""

    lines: tuple[str, ...]
    apply: str


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Writes the parts of one message; *names* and *sites* gather what they use.

    Args:
        prefix: what stands before a part's field in an error: ``response.``.
        warnings: what is no error but should be known.
        faults: what is wrong with the parts so far, noted by whoever goes on to the next one.
        rooms: what each template takes of the function that renders it.
    """

    names: Names
    sites: Sites
    prefix: str = ""
    warnings: list[TemplateError] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    rooms: list[tuple[Room, Source]] = field(default_factory=list)

    def path(self, text: str | None) -> Iterator[Part]:
        """Write the request's target; None leaves it."""
        if text is None:
            return
        source = self._line("path", text)
        if not source.text:
            raise source.error(0, "a path can't be empty", "leave it out to keep the request's path")
        block = place(parse(source), Target(), source)
        lines = self.rendered("path", block, source)
        if _is_constant(block):
            check_dots("".join(statement.text for statement in block if isinstance(statement, Text)), source)
        else:
            lines.append(f"path = gloo.target(path, {self.sites.number('path', source, 0)})")
            try_lines(lines, block, source, self.names, self.sites)
        yield Part(tuple(lines), 'headers:replace(":path", path)')

    def status(self, text: str | None, *, empty_body: bool) -> Iterator[Part]:
        """Write the status of a response; None leaves it. *empty_body*: the response is known to have no body."""
        if text is None:
            return
        source = self._line("status", text)
        block = place(parse(source), HeaderValue(), source)
        lines = self.rendered("status", block, source)
        if _is_constant(block):
            _check_status(source, empty_body=empty_body)
        else:
            lines.append(f"status = gloo.status(status, {self.sites.number('status', source, 0)})")
            try_lines(lines, block, source, self.names, self.sites)
        yield Part(tuple(lines), 'headers:replace(":status", status)')

    def headers(self, templates: Iterable[tuple[str, str]], *, pseudo: tuple[str, ...]) -> Iterator[Part]:
        """Write headers to set; of the pseudo headers only *pseudo* can be."""
        seen: set[str] = set()
        for index, (name, text) in enumerate(templates, 1):
            source = self._line(f"headers.{name}", text)
            with self.faults.caught():
                key = _header_name(name, source, pseudo)
                if key in seen:
                    raise source.error(0, f"the header '{key}' is set twice")
                seen.add(key)
                yield self._header(f"h{index}", key, source)

    def _header(self, variable: str, key: str, source: Source) -> Part:
        block = place(parse(source), HeaderValue(), source)
        lines = self.rendered(variable, block, source)
        if key == ":authority":
            return self._host(variable, block, source, lines)
        if key != ":method":
            return Part(tuple(lines), f"gloo.set(headers, {lua.quoted(key)}, {variable})")
        for statement in statements(block):
            if isinstance(statement, Text) and not is_token(statement.text):
                raise source.error(statement.at, f"{statement.text!r} can't be part of a method", "e.g. POST")
        if _is_constant(block) and not block:
            raise source.error(0, "a method can't be empty", "leave the header out to keep the request's method")
        if source.text in _NO_METHODS:
            raise source.error(0, f"a function can't make it {source.text}", _NO_METHODS[source.text])
        if source.text.upper() in _METHODS and source.text != source.text.upper():
            raise source.error(0, f"{source.text!r} is not a method", f"did you mean {source.text.upper()}?")
        lines.append(f"{variable} = gloo.method({variable}, {self.sites.number('method', source, 0)}, headers)")
        try_lines(lines, block, source, self.names, self.sites)
        return Part(tuple(lines), f'headers:replace(":method", {variable})')

    def _host(self, variable: str, block: Block, source: Source, lines: Iterable[str]) -> Part:
        if _is_constant(block) and not is_host(source.text):
            raise source.error(0, f"{source.text!r} is not a host", "e.g. pets.example.com or 192.0.2.1:8080")
        lines = [*lines, f"{variable} = gloo.host_name({variable}, {self.sites.number('host', source, 0)})"]
        try_lines(lines, block, source, self.names, self.sites)
        return Part(tuple(lines), f'headers:replace(":authority", {variable})')

    def body(self, text: str | None, headers: Iterable[tuple[str, str]]) -> Iterator[Part]:
        """Write the body; None leaves it. Its language is that of the content type among *headers*, if it is there."""
        if text is None:
            return
        source = self._source("body", text)
        declared = _declared_type(headers)
        placed = place_body(parse(source), declared, source)
        if placed.warning is not None:
            self.warnings.append(placed.warning)
        lines = self.rendered("body", placed.block, source)
        if placed.doubt is not None:
            lines.append(self.checked("body", source, placed.doubt, check=placed.check))
        yield Part(tuple(lines), typed(placed.media_type))

    def _source(self, field: str, text: str) -> Source:
        return Source.of(self.prefix + field, text, pointers=self.names.known.pointers)

    def _line(self, field: str, text: str) -> Source:
        return Source.of_line(self.prefix + field, text, pointers=self.names.known.pointers)

    def checked(self, variable: str, source: Source, doubt: int, *, check: str = "gloo.check_json") -> str:
        """Write the check of a JSON text that some requests may break at *doubt*, and warn of it."""
        problem = "for some requests this may come out as no JSON; each body is checked, those are answered 500"
        self.warnings.append(source.error(doubt, problem, "is there a comma too many or a value too few?"))
        return f"{check}({variable}, {self.sites.number('body', source, doubt)})"

    def rendered(self, variable: str, block: Block, source: Source) -> list[str]:
        """Write the lines that set *variable* to the text of *block*."""
        self.warnings.extend(doubts(block, source))
        try_constants(block, source)
        self.names.foreign |= not all(FUNCTIONS[name].sound for name in functions_of(block))
        self.rooms.append((room_of(block, source, self.names.nested), source))
        asks_kinds = not _KINDS.isdisjoint(functions_of(block))
        return render(variable, block, Expressions(self.names, self.sites, source, {}, asks_kinds=asks_kinds))


def typed(media_type: str) -> str:
    """Write the line that sets the content type of a body that is not empty."""
    return f"gloo.set_type(headers, body, {lua.quoted(media_type)})" if media_type else ""


def _is_constant(block: Block) -> bool:
    return all(isinstance(statement, Text) for statement in block)


def _check_status(source: Source, *, empty_body: bool) -> None:
    if not re.fullmatch("[2-5][0-9][0-9]", source.text):
        raise source.error(0, f"{source.text!r} is not a status", "a number from 200 to 599")
    if int(source.text) in _BODILESS and not empty_body:
        raise source.error(0, f"a response with status {source.text} has no body", "add body: ''")


def _header_name(name: str, source: Source, pseudo: tuple[str, ...]) -> str:
    """Return *name* in lower case; raise `TemplateError` if a template may not set it."""
    key = name.lower()
    if key == "host" and ":authority" in pseudo:
        key = ":authority"
    if key not in pseudo and not is_token(key):
        raise source.error(0, f"{name!r} is not a header that can be set", _pseudo_hint(key, pseudo))
    if key in FRAMING_HEADERS:
        raise source.error(0, f"the header '{key}' belongs to the connection and can't be set")
    return key


def _pseudo_hint(key: str, pseudo: tuple[str, ...]) -> str:
    if not pseudo:
        return "set the status in 'status'" if key == ":status" else "a response has no pseudo headers to set"
    allowed = " and ".join(pseudo)
    return "set the path in 'path'" if key == ":path" else f"of the pseudo headers, {allowed} can be set"


def _declared_type(headers: Iterable[tuple[str, str]]) -> str | None:
    """The media type that *headers* set, None if they leave it, "" if it is known at run time only.

    Parameters, as a charset, may be made at run time: the language of a body is that of the media type before them.
    """
    for name, text in headers:
        if name.lower() == "content-type":
            media_type = text.partition(";")[0]
            return "" if "{" in media_type or "##" in media_type else media_type.strip()
    return None
