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

      # response: {body: '{"name": "{{ name }}"}'}   what becomes of the answer

A template is compiled to a Lua program; it travels with the route and runs in Envoy's Lua filter. Where the values
come from, the route says by `extensions.parameters`; what it does not name comes from the JSON body of the request, and
in a response template from that of the answer.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, get_args

from msgspec import Meta, field

from gloo.envoy.answer_notes import answer_notes_filter
from gloo.envoy.cluster import Cluster
from gloo.envoy.function_headers import function_headers_filter
from gloo.envoy.lua import lua_filters
from gloo.envoy.plain_route import original_path_filter, path_values_filter
from gloo.envoy.route import Target
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError, TemplateError
from gloo.functions import (
    Condition,
    FunctionTemplate,
    Parameter,
    ResponseTemplate,
    answers_runtime_source,
    compile_function,
    runtime_source,
)
from gloo.functions.body_modes import BodyMode, Whole
from gloo.functions.extractors import Extractor, Mode
from gloo.functions.known import Known
from gloo.functions.names import BodyFormat
from gloo.functions.parameters import Origin
from gloo.model.base import Model, replace
from gloo.model.size import size_of
from gloo.plugins.base import FunctionCall, Nothing, ServicePlugin
from gloo.plugins.rest_call import with_call
from gloo.plugins.text_sources import DataSource, artifact_fields, texts_of, variables_of, with_texts

EXTENSIONS, SOURCES = "extensions", "data_sources"
_MAY_WARN = ("raw", "{%", "##")
"""A template without any of them, whose bodies are JSON, gives no reason to warn, and need not be compiled for that."""
_DECLARED, _SAFE = "content-type", "application/json"


class AnswerMatch(Model, frozen=True, kw_only=True):
    """Which answers of the upstream a response template is for."""

    status: Annotated[
        int | str | tuple[int | str, ...], Meta(description="200, 4xx, 500-504 or any, or a list of these; else 2xx")
    ] = ()
    headers: Annotated[
        Mapping[str, str], Meta(description="headers that it must have; a value may end in * for any text")
    ] = {}


_MAX_BODY = Meta(description="the longest body that the templates read, e.g. 1MiB; without it 128KiB of JSON or a form")
_PARSE_BODY = Meta(description="what the body is whose fields the templates use: json, form, multipart or none")
_PARSE_ANSWER = Meta(description="what the answer is whose fields the templates use: json, form or none")


class RestResponse(Model, frozen=True, kw_only=True):
    """What becomes of an answer."""

    when: Annotated[AnswerMatch, Meta(description="for which answers; without it the successful ones, 2xx")] = (
        AnswerMatch()
    )
    status: Annotated[int | str | None, Meta(description="the new status, or a template of it")] = None
    headers: Annotated[Mapping[str, str], Meta(description="templates of headers")] = {}
    body: Annotated[str | None, Meta(description="template of the body; without it the body passes as it is")] = None
    parse_body: Annotated[Literal["json", "form", "none"], _PARSE_ANSWER] = "json"
    max_body: Annotated[int | str | None, _MAX_BODY] = None

    def __post_init__(self) -> None:
        size_of(self.max_body)


class ExtractorRule(Model, frozen=True, kw_only=True):
    """A variable that a regex takes out of one place of the request."""

    header: Annotated[str, Meta(description="the header to look at; `:path`, `:method` and `:authority` too")] = ""
    query: Annotated[str, Meta(description="the query parameter to look at")] = ""
    cookie: Annotated[str, Meta(description="the cookie to look at")] = ""
    path: Annotated[bool, Meta(description="look at the path, without the query")] = False
    body: Annotated[bool | Nothing, Meta(description="look at the text of the body; true or {}")] = False
    regex: Annotated[str, Meta(description="RE2; it must match the whole value, except with mode replace_all")]
    subgroup: Annotated[int, Meta(ge=0, description="which group is taken or replaced; 0 is all of it")] = 0
    mode: Annotated[
        Literal["extract", "single_replace", "replace_all", "EXTRACT", "SINGLE_REPLACE", "REPLACE_ALL"],
        Meta(description="take the group, replace it in the value, or replace all matches"),
    ] = "extract"
    replacement_text: Annotated[str | None, Meta(description="the new text of the modes that replace")] = None

    def __post_init__(self) -> None:
        if len(self.places) != 1:
            raise ValueError("takes one of header, query, cookie, path and body")

    @property
    def places(self) -> tuple[tuple[Origin, str], ...]:
        """Where to look, with the name of what is there."""
        given: tuple[tuple[Origin, str | bool | Nothing], ...] = (
            ("header", self.header),
            ("query", self.query),
            ("cookie", self.cookie),
            ("path", self.path),
            ("body", self.body),
        )
        return tuple((place, name if isinstance(name, str) else "") for place, name in given if name)


_BODY_MODES = ("body", "passthrough_body", "merge_extractors_to_body", "merge_json_keys", "header_body_transform")


class HeaderBodyTransform(Model, frozen=True, kw_only=True):
    """The body becomes a JSON object of headers and body."""

    add_request_metadata: Annotated[bool, Meta(description="add method, path and query")] = False


class RestFunction(Model, frozen=True, kw_only=True):
    """The request that calls a function, and what becomes of the answer."""

    elsewhere = MappingProxyType({"method": 'write headers: {":method": POST}'})

    path: Annotated[str | None, Meta(description="template of the path, with the query; without it the path stays")] = (
        None
    )
    headers: Annotated[Mapping[str, str], Meta(description="templates of headers; `:method` sets the method")] = {}
    body: Annotated[str | None, Meta(description="template of the body; without it the body passes as it is")] = None
    passthrough_body: Annotated[bool, Meta(description="pass the body as it is; the same as no `body`")] = False
    merge_extractors_to_body: Annotated[bool, Meta(description="put the parameters into the JSON body that came")] = (
        False
    )
    merge_json_keys: Annotated[
        Mapping[str, str], Meta(description="fields to set in the JSON body that came, each a template of a JSON value")
    ] = {}
    header_body_transform: Annotated[
        bool | HeaderBodyTransform, Meta(description="wrap headers and body into a JSON object")
    ] = False
    parse_body: Annotated[BodyFormat, _PARSE_BODY] = "json"
    max_body: Annotated[int | str | None, _MAX_BODY] = None
    extractors: Annotated[
        Mapping[str, ExtractorRule], Meta(description="variables that regexes take out of the request")
    ] = {}
    data_sources: Annotated[Mapping[str, DataSource], Meta(description="texts for data_source() in templates")] = {}
    advanced_templates: Annotated[bool, Meta(description="names are JSON pointers: user/tags/0")] = False
    response: Annotated[RestResponse | None, Meta(description="what becomes of the answer")] = None
    responses: Annotated[
        tuple[RestResponse, ...], Meta(description="the same as a list: the first that is for the answer counts")
    ] = ()

    def __post_init__(self) -> None:
        size_of(self.max_body)
        given = [name for name in _BODY_MODES if getattr(self, name) or (name == "body" and self.body is not None)]
        if len(given) > 1:
            raise ValueError(f"takes {given[0]} or {given[1]}, not both")
        if self.response is not None and self.responses:
            raise ValueError("takes response or responses, not both")


class ParameterRule(Model, frozen=True, kw_only=True):
    """One place of the request that values are taken from."""

    place: Annotated[Origin, Meta(description="where to look")] = field(name="from")
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


class ResponseTemplates(Model, frozen=True, kw_only=True):
    """What becomes of the successful answers of one route."""

    headers: Annotated[Mapping[str, str], Meta(description="templates of headers")] = {}
    body: Annotated[str | None, Meta(description="template of the body; without it the body passes as it is")] = None


class ResponseParameters(Model, frozen=True, kw_only=True):
    """Where the values of a route's response template come from, beside the answer's JSON."""

    headers: Annotated[Mapping[str, str], Meta(description="header of the response to pattern")] = {}


class RestExtension(Model, frozen=True, kw_only=True):
    """What a route may say about the function that it calls."""

    parameters: Annotated[
        tuple[ParameterRule, ...] | ParameterMap | None, Meta(description="where the values of templates come from")
    ] = None
    response_template: Annotated[
        ResponseTemplates | None, Meta(description="what becomes of the answer on this route; wins over the function's")
    ] = None
    response_parameters: Annotated[
        ResponseParameters | None, Meta(description="values for `response_template` from headers of the answer")
    ] = None

    def __post_init__(self) -> None:
        if self.response_parameters is not None and self.response_template is None:
            raise ValueError("response_parameters needs a response_template to put them in")


class Rest(ServicePlugin[Nothing, RestFunction, RestExtension]):
    """Turns a request into the request that a function's templates describe."""

    service_type: ClassVar[str] = "REST"
    function_model = RestFunction
    extension_model = RestExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        programs = lua_filters(runtime_source(), answers_runtime_source())
        return (*programs, answer_notes_filter(), path_values_filter(), function_headers_filter())

    def cluster(self, cluster: Cluster, properties: Nothing) -> Cluster:
        return replace(cluster, filters=(*cluster.filters, original_path_filter()))

    def artifacts(self, function: RestFunction) -> Mapping[str, str]:
        return artifact_fields(function.data_sources, SOURCES)

    def with_artifacts(self, function: RestFunction, texts: Mapping[str, str]) -> RestFunction:
        return replace(function, data_sources=with_texts(function.data_sources, texts, SOURCES))

    def check_function(self, name: str, function: RestFunction) -> None:
        compile_function(template_of(name, function), any_route=True)

    def function_warnings(self, name: str, function: RestFunction) -> tuple[TemplateError, ...]:
        template = template_of(name, function)
        return compile_function(template, any_route=True).warnings if _may_warn(template) else ()

    def call_warnings(self, call: FunctionCall[RestFunction, RestExtension]) -> tuple[TemplateError, ...]:
        known = template_of(call.name, call.function, call.annotations).known
        template = FunctionTemplate(call.name, responses=tuple(route_response(call.extension)), known=known)
        warnings = compile_function(template).warnings if _may_warn(template) else ()
        if call.later and template.responses:
            warnings = (TemplateError("response_template", "has no effect: no client waits for the answer"), *warnings)
        return tuple(warning.changed(field=f"{EXTENSIONS}.{warning.field}") for warning in warnings)

    def call(self, call: FunctionCall[RestFunction, RestExtension]) -> Target:
        template = template_of(call.name, call.function, call.annotations)
        template = replace(template, responses=(*route_response(call.extension), *template.responses))
        if template.is_empty:
            return call.target
        try:
            return with_call(call.target, template, tuple(parameters_of(call.extension)))
        except TemplateError as error:
            raise _for_route(error, call.name) from error


def template_of(name: str, function: RestFunction, annotations: Mapping[str, str] | None = None) -> FunctionTemplate:
    """Return the templates of *function*, called *name* in error answers; *annotations* are those of its upstream."""
    data, variables = texts_of(function.data_sources), variables_of(function.data_sources)
    single = [("response", function.response)] if function.response is not None else []
    several = [(f"responses[{index}]", response) for index, response in enumerate(function.responses)]
    return FunctionTemplate(
        name=name,
        path=function.path,
        headers=tuple(function.headers.items()),
        body=function.body,
        mode=_mode(function),
        extractors=tuple(_extractor(name, rule) for name, rule in function.extractors.items()),
        parse_body=function.parse_body,
        max_body=size_of(function.max_body),
        known=Known(annotations, data, function.advanced_templates, variables),
        responses=tuple(_response(field, response) for field, response in (*single, *several)),
    )


def _may_warn(template: FunctionTemplate) -> bool:
    headers = [*template.headers, *(header for response in template.responses for header in response.headers)]
    declares = any(name.lower() == _DECLARED and text.strip() != _SAFE for name, text in headers)
    return declares or any(mark in text for text in template.texts for mark in _MAY_WARN)


_MODES: Mapping[str, Mode] = {mode: mode for mode in get_args(Mode)}


def _extractor(name: str, rule: ExtractorRule) -> Parameter:
    ((place, key),) = rule.places
    mode = _MODES[rule.mode.lower()]
    extractor = Extractor(name, rule.regex, rule.subgroup, mode, rule.replacement_text)
    return Parameter(place, key, extractor=extractor)


def _mode(function: RestFunction) -> BodyMode:
    wrap = function.header_body_transform
    if wrap:
        with_request = isinstance(wrap, HeaderBodyTransform) and wrap.add_request_metadata
        return BodyMode("wrap_request" if with_request else "wrap")
    whole: Whole = "merge_parameters" if function.merge_extractors_to_body else ""
    return BodyMode(whole, tuple(function.merge_json_keys.items()))


def _response(field: str, response: RestResponse) -> ResponseTemplate:
    given = response.when.status
    statuses = given if isinstance(given, tuple) else (given,)
    return ResponseTemplate(
        field,
        Condition(tuple(map(str, statuses)), tuple(response.when.headers.items())),
        status=None if response.status is None else str(response.status),
        headers=tuple(response.headers.items()),
        body=response.body,
        parse_body=response.parse_body,
        max_body=size_of(response.max_body),
    )


def route_response(extension: RestExtension) -> Iterator[ResponseTemplate]:
    """Yield the response template of a route, if it has one; it comes before those of the function."""
    template, given = extension.response_template, extension.response_parameters
    if template is not None:
        patterns = given.headers if given is not None else {}
        yield ResponseTemplate(
            "response_template",
            headers=tuple(template.headers.items()),
            body=template.body,
            parameters=tuple(Parameter("header", name, pattern) for name, pattern in patterns.items()),
        )


def parameters_of(extension: RestExtension) -> Iterator[Parameter]:
    """Yield the parameters of either form; a place with an empty pattern is the whole value under its own name."""
    given = extension.parameters
    if isinstance(given, ParameterMap):
        if given.path:
            yield Parameter("path", "", given.path)
        if given.authority:
            yield Parameter("authority", "", given.authority)
        yield from (Parameter("header", name, pattern) for name, pattern in given.headers.items())
        yield from (Parameter("query", name, pattern) for name, pattern in given.query.items())
        yield from (Parameter("cookie", name, pattern) for name, pattern in given.cookies.items())
        yield from (Parameter("body", name, pattern) for name, pattern in given.body.items())
        return
    for rule in given or ():
        yield Parameter(rule.place, rule.name, rule.match)


def _for_route(error: TemplateError, function: str) -> ConfigError:
    """Say which template of the *function*, or of the route itself, can't be used, and why."""
    first, *others = (_of_route(each, function) for each in (error, *error.others))
    return ConfigError("", first.field, first.problem, first.hint, template=error, others=tuple(others))


def _of_route(error: TemplateError, function: str) -> ConfigError:
    field, problem = error.field, error.told
    if field.startswith(("response_template", "response_parameters", "parameters")):
        return ConfigError("", f"{EXTENSIONS}.{field}", problem, error.hint, template=error)
    told = f"{field}: {problem}" if field else problem
    return ConfigError("", "", f"function {function} can't be used here: {told}", error.hint, template=error)
