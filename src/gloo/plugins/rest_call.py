"""What a route tells Envoy of a call of a function of templates: a program, headers, and the way without a program."""

from collections.abc import Iterable, Iterator, Sequence

from gloo.envoy.answer_notes import ANSWER_NOTES, answer_notes
from gloo.envoy.function_headers import FUNCTION_HEADERS, function_headers
from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER, LuaProgram, lua_program
from gloo.envoy.message import TypedConfig
from gloo.envoy.plain_route import PATH_VALUES, TOLD, path_values
from gloo.envoy.route import HeaderChange, PlainCall, Target, ValueMatch
from gloo.functions import FunctionTemplate, Parameter, Program, compile_function
from gloo.functions.limits import MOST_MADE
from gloo.functions.lowering import ASKED_PLAIN, Lowered, NativeHeader, header_value, lower, may_note
from gloo.functions.plain_request import VALUES, PlainRequest, plain_request
from gloo.model.base import replace

Filters = Iterator[tuple[str, TypedConfig]]


def with_call(target: Target, template: FunctionTemplate, parameters: Sequence[Parameter]) -> Target:
    """Return *target* for requests that *template* makes; raise `TemplateError` if it can't with these *parameters*."""
    program = compile_function(template, parameters)
    plain = plain_request(template, parameters)
    plainly = _plain_call(target, plain, program) if plain is not None else None
    lowered = lower(template, parameters)
    if lowered.headers and not lowered.rest.is_empty:
        program = compile_function(lowered.rest, parameters)
    reads_whole = program.reads_body or template.writes_body
    return replace(
        target,
        filters=(*target.filters, *_filters(lowered, program)),
        plain=plainly,
        held_bytes=MOST_MADE if reads_whole or program.answers else 0,
        reads_whole=reads_whole,
        made_path=template.path,
    )


def _filters(lowered: Lowered, program: Program) -> Filters:
    """Yield what the route says to the filters: the program of what is not lowered, and the headers that are."""
    if lowered.rest.leaves_requests and may_note(program):
        yield from _without_request(program, lowered.headers)
        return
    yield LUA_FILTER, _told(program)
    if program.answers:
        yield ANSWERS_FILTER, _told(program)
    yield from _headers(lowered.headers, program)


def _without_request(program: Program, headers: Sequence[NativeHeader]) -> Filters:
    """Yield the same for requests that Envoy makes itself; only the answers are for *program*, if any are."""
    if program.answers:
        yield ANSWERS_FILTER, _told(program)
        yield ANSWER_NOTES, answer_notes(program.id, tuple(map(header_value, program.kept)))
    yield from _headers((*headers, *(ASKED_PLAIN if program.reads_answers else ())), program)


def _told(program: Program) -> TypedConfig:
    return lua_program(LuaProgram(program.id, program.source))


def _headers(headers: Sequence[NativeHeader], program: Program) -> Filters:
    if headers or program.hosts:
        yield FUNCTION_HEADERS, function_headers(_changes(headers), program.hosts)


def _plain_call(target: Target, plain: PlainRequest, program: Program) -> PlainCall | None:
    """Return what the route does where no program makes the request; None where it could not."""
    if any(header.name == TOLD for header in plain.headers) or not may_note(program):
        return None
    whole = f"^{plain.pattern}$"
    values = ((PATH_VALUES, path_values(whole, plain.values, VALUES)),) if plain.values else ()
    filters = (*target.filters, *values, *_without_request(program, plain.headers))
    rewrite = (whole, plain.rewrite) if plain.rewrite else None
    return PlainCall(tuple(_conditions(plain)), filters, rewrite, plain.made, plain.asked)


def _conditions(plain: PlainRequest) -> Iterator[ValueMatch]:
    if plain.path:
        yield ValueMatch(":path", "regex", plain.path)
    if plain.method:
        yield ValueMatch(":method", "exact", plain.method)
    yield from (ValueMatch(name, "regex", ".+") for name in plain.asked)


def _changes(headers: Iterable[NativeHeader]) -> list[HeaderChange]:
    return [HeaderChange(header.name, header.value, format=header.format) for header in headers]
