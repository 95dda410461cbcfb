"""What a route tells Envoy of a call of a function of templates: a program, headers, and the way without a program."""

from collections.abc import Iterable, Iterator, Sequence

from gloo.envoy.function_headers import FUNCTION_HEADERS, function_headers
from gloo.envoy.lua import LUA_FILTER, lua_program
from gloo.envoy.message import TypedConfig
from gloo.envoy.plain_route import PATH_VALUES, TOLD, path_values
from gloo.envoy.route import HeaderChange, PlainCall, Target
from gloo.functions import FunctionTemplate, Parameter, Program, compile_function
from gloo.functions.lowering import Lowered, NativeHeader, lower
from gloo.functions.plain_request import VALUES, PlainRequest, plain_request
from gloo.model.base import replace


def with_call(target: Target, template: FunctionTemplate, parameters: Sequence[Parameter]) -> Target:
    """Return *target* for requests that *template* makes; raise `TemplateError` if it can't with these *parameters*."""
    program = compile_function(template, parameters)
    lowered = lower(template, parameters)
    if lowered.headers and not lowered.rest.is_empty:
        program = compile_function(lowered.rest, parameters)
    plain = plain_request(template, parameters)
    return replace(
        target,
        filters=(*target.filters, *_filters(lowered, program)),
        plain=_plain_call(target, plain) if plain is not None else None,
    )


def _filters(lowered: Lowered, program: Program) -> Iterator[tuple[str, TypedConfig]]:
    """Yield what the route says to the filters: the program of what is not lowered, and the headers that are."""
    if not lowered.rest.is_empty:
        yield LUA_FILTER, lua_program(program.id, program.source, answers=program.answers)
    if lowered.headers or program.hosts:
        yield FUNCTION_HEADERS, function_headers(_changes(lowered.headers), program.hosts)


def _plain_call(target: Target, plain: PlainRequest) -> PlainCall | None:
    """Return what the route without a program does; None where it could not."""
    if any(header.name == TOLD for header in plain.headers):
        return None
    whole = f"^{plain.pattern}$"
    filters = list(target.filters)
    if plain.values:
        filters.append((PATH_VALUES, path_values(whole, plain.values, VALUES)))
    if plain.headers:
        filters.append((FUNCTION_HEADERS, function_headers(_changes(plain.headers))))
    return PlainCall(plain.path, (whole, plain.rewrite), plain.method, tuple(filters))


def _changes(headers: Iterable[NativeHeader]) -> list[HeaderChange]:
    return [HeaderChange(header.name, header.value, format=header.format) for header in headers]
