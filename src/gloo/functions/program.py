"""Generate a function's Lua program from its templates and parameters.

A program is a Lua chunk that is called with the runtime and returns a table: its name, its sites (for errors), whether
it reads and writes the body, and ``request``, which renders everything first and only then changes headers. It is
straight-line code: text and escaped values joined, no interpretation left. Its response templates are rules in
``responses``; the headers of the request that they ask for are in ``kept``.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.body_modes import TEMPLATE, BodyMode, write_mode
from gloo.functions.expressions import Sites
from gloo.functions.extraction import extract
from gloo.functions.extractors import check_extractor
from gloo.functions.known import NOTHING_KNOWN, Known
from gloo.functions.limits import body_flags, limits_of
from gloo.functions.matchable import check_matchable
from gloo.functions.message import MessageWriter, Part
from gloo.functions.names import BodyFormat, Names
from gloo.functions.parameters import Parameter, bindings, named
from gloo.functions.responses import ResponseTemplate, WrittenResponse, write_response
from gloo.functions.room import check_room
from gloo.model.base import Value

_PSEUDO = (":method", ":authority")


class FunctionTemplate(Value, frozen=True):
    """A function's templates.

    Args:
        name: ``upstream/function``, for error answers.
        path: the new path and query; None leaves them.
        headers: names and templates of headers to set; ``:method`` and ``:authority`` may be among them.
        body: the new body; None passes the body through.
        parse_body: a name that no parameter binds is a field of the body, which is JSON or a form; ``none``: an error.
        responses: templates of answers; the first that is for an answer is taken.
        mode: how a new body comes about without `body`.
        known: texts of the configuration that templates may name.
        max_body: the bytes of the longest body that is read; None for the usual.
        extractors: the function's own parameters, which come before those of a route.
    """

    name: str
    path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    parse_body: BodyFormat = "json"
    responses: tuple[ResponseTemplate, ...] = ()
    mode: BodyMode = TEMPLATE
    extractors: tuple[Parameter, ...] = ()
    max_body: int | None = None
    known: Known = NOTHING_KNOWN

    @property
    def is_empty(self) -> bool:
        """Whether it leaves request and response as they are."""
        return self.leaves_requests and not self.responses

    @property
    def leaves_requests(self) -> bool:
        """Whether it leaves the request as it is."""
        return self.path is None and not self.headers and not self.writes_body

    @property
    def writes_body(self) -> bool:
        """Whether there is a new body."""
        return self.body is not None or self.mode != TEMPLATE

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of all its templates."""
        headers = [*self.headers, *(header for response in self.responses for header in response.headers)]
        bodies = [self.body, *(response.body for response in self.responses)]
        return tuple(
            text
            for text in (self.path, *bodies, *(text for _, text in (*headers, *self.mode.keys)))
            if text is not None
        )


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled function.

    Args:
        id: hash of the source; equal programs are one.
        source: the Lua text, plain ASCII.
        reads_body: Envoy must wait for the whole body of the request, to read or to replace it.
        answers: it has response templates, and so needs the runtime that sees responses.
        hosts: marks of the host that answered, which its answers ask for.
        kept: headers of the request that its answers ask for.
        reads_answers: an answer must come whole and not compressed.
        warnings: what is no error but should be known, each with its place.
    """

    id: str
    source: str
    reads_body: bool
    answers: bool = False
    hosts: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    reads_answers: bool = False
    warnings: tuple[TemplateError, ...] = field(default=(), compare=False)


def compile_function(
    template: FunctionTemplate, parameters: Sequence[Parameter] = (), *, any_route: bool = False
) -> Program:
    """Compile *template* with values from *parameters*.

    With *any_route*, which checks a function before a route calls it, each name may be a parameter.

    Raises `TemplateError` with field, line and column for whatever can be known before a request comes; its `others`
    are what is wrong with the function's other templates.
    """
    try:
        return _compile(template, (*template.extractors, *map(named, parameters)), any_route)
    except RecursionError as error:  # no template is known that gets here
        raise TemplateError("", "the function is nested too deep", "name parts of it with {% set %}") from error


def _compile(template: FunctionTemplate, parameters: Sequence[Parameter], any_route: bool) -> Program:
    names = Names(parameters, bindings(parameters), template.parse_body, known=template.known, any_route=any_route)
    writer = MessageWriter(names, Sites())
    parts, responses = _written(template, writer)
    hosts, kept = _hosts(responses), _kept(responses)
    source = "\n".join(_chunk(template, writer, parts, responses))
    digest = hashlib.blake2b(source.encode("ascii"), digest_size=12).hexdigest()
    waits = names.waits or template.writes_body
    warnings = (*writer.warnings, *(warning for response in responses for warning in response.warnings))
    reads = _read_answers(responses)
    return Program(digest, source, waits, bool(responses), hosts, kept, reads, warnings)


def _written(template: FunctionTemplate, writer: MessageWriter) -> tuple[list[Part], list[WrittenResponse]]:
    """Write all templates, one by one; raise `TemplateError` with all that is wrong with them."""
    parts: list[Part] = []
    responses: list[WrittenResponse] = []
    faults = writer.faults
    for parameter in writer.names.parameters:
        with faults.caught():
            if parameter.extractor is not None:
                check_extractor(parameter.extractor)
            check_matchable((parameter,))
    with faults.caught():
        template.known.check()
    with faults.caught():
        parts += writer.path(template.path)
    parts += writer.headers(template.headers, pseudo=_PSEUDO)
    with faults.caught():
        parts += writer.body(template.body, template.headers)
    with faults.caught():
        parts += write_mode(template.mode, writer, template.headers)
    for response in template.responses:
        with faults.caught():
            responses.append(write_response(response, writer.sites, template.known))
    faults.check()
    return parts, responses


def _chunk(
    template: FunctionTemplate, writer: MessageWriter, parts: Sequence[Part], responses: Sequence[WrittenResponse]
) -> Iterator[str]:
    extraction = extract(writer.names)
    variables = len(extraction.constants) + len(extraction.lines) + len(parts) + len(template.mode.keys)
    check_room(writer.rooms, variables, len(extraction.constants), "")
    yield "local gloo = ..."
    yield from extraction.constants
    yield f"return {{name = {lua.quoted(template.name)},"
    yield body_flags(writer.names, limits_of(writer.names, template.max_body), writes=template.writes_body)
    yield f"sites = {{{', '.join(map(_row, writer.sites.rows))}}},"
    yield from _responses(responses)
    yield "request = function(headers, text)"
    yield from writer.names.fields()
    yield from extraction.lines
    for part in parts:
        yield from part.lines
    yield from (part.apply for part in parts if part.apply)
    if _read_answers(responses):
        yield "gloo.ask_plain(headers)"
    yield "return body" if template.writes_body else "return nil"
    yield "end}"


def _kept(responses: Sequence[WrittenResponse]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for response in responses for name in response.kept))


def _hosts(responses: Sequence[WrittenResponse]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for response in responses for host in response.hosts))


def _read_answers(responses: Sequence[WrittenResponse]) -> bool:
    return any(response.takes_body for response in responses)


def _responses(responses: Sequence[WrittenResponse]) -> Iterator[str]:
    if not responses:
        return
    kept = _kept(responses)
    yield f"kept = {{{', '.join(map(lua.quoted, kept))}}},"
    if hosts := _hosts(responses):
        yield f"hosts = {{{', '.join(map(lua.quoted, hosts))}}},"
    yield "responses = {"
    for response in responses:
        yield from response.lines
    yield "},"


def _row(row: tuple[str, str, int, int]) -> str:
    name, field, line, column = row
    return f"{{{lua.quoted(name)}, {lua.quoted(field)}, {line}, {column}}}"
