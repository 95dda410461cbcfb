"""REST: functions of a service that speaks HTTP, each a template for a request.

.. code-block:: yaml

    name: petstore
    type: service
    spec: {hosts: [{addr: 127.0.0.1, port: 8081}]}
    service_info: {type: REST}
    functions:
    - name: get_pet
      spec:
        headers: {":method": GET}
        path: /pets/{{ id }}

A template is compiled to a Lua program; it travels with the route and runs in Envoy's Lua filter. Where the values
come from, the route says by `extensions.parameters`; what it does not name comes from the JSON body of the request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from gloo.envoy.lua import LUA_FILTER, lua_filter, lua_program
from gloo.envoy.route import Target
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError, TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function, runtime_source
from gloo.model.base import Model
from gloo.model.path import format_path, parse_path
from gloo.plugins.base import FunctionCall, Nothing, ServicePlugin

Place = Literal["path", "query", "header", "cookie", "authority", "body"]


class RestFunction(Model, frozen=True, kw_only=True):
    """The request that calls a function."""

    path: Annotated[str | None, Meta(description="template of the path, with the query; without it the path stays")] = (
        None
    )
    headers: Annotated[Mapping[str, str], Meta(description="templates of headers; `:method` sets the method")] = {}
    body: Annotated[str | None, Meta(description="template of the body; without it the body passes as it is")] = None
    passthrough_body: Annotated[bool, Meta(description="pass the body as it is; the same as no `body`")] = False

    def __post_init__(self) -> None:
        if self.passthrough_body and self.body is not None:
            raise ValueError("takes body or passthrough_body, not both")


class ParameterRule(Model, frozen=True, kw_only=True):
    """One place of the request that values are taken from."""

    place: Annotated[Place, Meta(description="where to look")] = field(name="from")
    name: Annotated[str, Meta(description="which header, query parameter, cookie or body field")] = ""
    match: Annotated[str, Meta(description="a pattern with {names}; without it the whole value, under `name`")] = ""

    def __post_init__(self) -> None:
        if self.place in {"header", "query", "cookie"} and not self.name:
            raise ValueError(f"from: {self.place} needs a name: which {self.place}")


class ParameterMap(Model, frozen=True, kw_only=True):
    """The same as a map: patterns by place, and by name within a place."""

    path: Annotated[str, Meta(description="pattern over the path, e.g. /users/{id}")] = ""
    authority: Annotated[str, Meta(description="pattern over the host")] = ""
    headers: Annotated[Mapping[str, str], Meta(description="header to pattern")] = {}
    query: Annotated[Mapping[str, str], Meta(description="query parameter to pattern")] = {}
    cookies: Annotated[Mapping[str, str], Meta(description="cookie to pattern")] = {}
    body: Annotated[Mapping[str, str], Meta(description="body field to pattern")] = {}


class RestExtension(Model, frozen=True, kw_only=True):
    """What a route may say about the function that it calls."""

    parameters: Annotated[
        tuple[ParameterRule, ...] | ParameterMap | None, Meta(description="where the values of templates come from")
    ] = None


class Rest(ServicePlugin[Nothing, RestFunction, RestExtension]):
    """Turns a request into the request that a function's templates describe."""

    service_type: ClassVar[str] = "REST"
    function_model = RestFunction
    extension_model = RestExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return (lua_filter(runtime_source()),)

    def check_function(self, name: str, function: RestFunction) -> None:
        compile_function(template_of(name, function))

    def call(self, call: FunctionCall[RestFunction, RestExtension]) -> Target:
        template = template_of(call.name, call.function)
        parameters = tuple(parameters_of(call.extension))
        if template.path is None and not template.headers and template.body is None:
            return call.target
        try:
            program = compile_function(template, parameters)
        except TemplateError as error:
            raise _for_route(error) from error
        return replace(
            call.target, filters=(*call.target.filters, (LUA_FILTER, lua_program(program.id, program.source)))
        )


def template_of(name: str, function: RestFunction) -> FunctionTemplate:
    return FunctionTemplate(name=name, path=function.path, headers=tuple(function.headers.items()), body=function.body)


def parameters_of(extension: RestExtension) -> Iterator[Parameter]:
    """Yield the parameters of either form; a place with an empty pattern is the whole value under its own name."""
    given = extension.parameters
    if isinstance(given, ParameterMap):
        yield from (
            Parameter(place, "", getattr(given, place)) for place in ("path", "authority") if getattr(given, place)
        )
        for place, patterns in (
            ("header", given.headers),
            ("query", given.query),
            ("cookie", given.cookies),
            ("body", given.body),
        ):
            yield from (Parameter(place, name, pattern) for name, pattern in patterns.items())
        return
    for rule in given or ():
        yield Parameter(rule.place, rule.name, rule.match)


def _for_route(error: TemplateError) -> ConfigError:
    """Say which template of the function can't work with this route, and why."""
    place = format_path(parse_path(error.field))
    return ConfigError("", "", f"the function's {place} can't be used here: {error.problem}", error.hint)
