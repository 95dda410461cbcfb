"""A call of a function with values given by hand: the request that its upstream would get."""

import json
from collections.abc import Sequence
from typing import Any

from gloo.envoy.lua import LuaProgram
from gloo.errors import ConfigError, MissingReference, TemplateError
from gloo.explain.bodies import body_with
from gloo.explain.delivery import template_of_function
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.request import Request
from gloo.explain.tables import Tables
from gloo.functions import compile_function
from gloo.model.base import Json, Value, replace
from gloo.model.strict import nearest
from gloo.translator.upstreams import AcceptedFunction


class Called(Value, frozen=True):
    """A function that is to be called."""

    upstream: str
    name: str
    function: AcceptedFunction


def find_function(name: str, tables: Tables) -> Called:
    """Return the function called ``upstream/function``; raise MissingReference or ConfigError when none can be."""
    known = [
        f"{upstream}/{function}"
        for upstream, found in tables.upstreams.items()
        if found.accepted is not None
        for function in found.accepted.functions
    ]
    upstream, _, function = name.partition("/")
    accepted = tables.upstreams[upstream].accepted if upstream in tables.upstreams else None
    if accepted is None or function not in accepted.functions:
        hint = nearest(name, known) if known else "there are no functions"
        raise MissingReference("", "", f"there is no function {name!r} that works", hint)
    return Called(upstream, name, accepted.functions[function])


def argument(text: str) -> tuple[str, Json]:
    """Return name and value of ``name=value``: a JSON value where it is one, else text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ConfigError("", "--arg", f"{text!r} gives no value", "e.g. --arg id=7")
    try:
        return name, json.loads(value, parse_constant=_no_json)
    except ValueError:
        return name, value


def _no_json(word: str) -> Json:
    raise ValueError(word)  # NaN and Infinity, which Python takes


def rendered(
    called: Called, arguments: Sequence[tuple[str, Json]], headers: tuple[tuple[str, str], ...], host: str
) -> Request | Answer:
    """Return the request of a call, or the answer where the function refuses the *arguments*.

    They stand in for the fields of the body that the function reads, and for what only a route would bring; what passes
    a body on as it is gets them as its body.
    """
    template = template_of_function(called.name, called.function)
    if template is None:
        raise ConfigError(
            "",
            called.name,
            "is no function of templates",
            "call it --via gateway; gloo explain shows what a route sends",
        )
    try:
        template = template if template.parse_body != "none" else replace(template, parse_body="json")
        program = compile_function(template)
    except TemplateError as error:
        raise ConfigError("", called.name, str(error)) from error
    fields = nested(arguments)
    media_type, given = body_with(fields, template.parse_body) if arguments else ("", None)
    kind = (("content-type", media_type),) if given else ()
    request = Request("POST" if given else "GET", host, "/", (*headers, *kind), given)
    result = FunctionRuntime().run(LuaProgram(program.id, program.source), request)
    bodiless = template.body is None and isinstance(result, Request) and result.method in ("GET", "HEAD", "DELETE")
    return _without_body(result) if bodiless else result


def _without_body(result: Request | Answer) -> Request | Answer:
    assert isinstance(result, Request)
    headers = tuple(pair for pair in result.headers if pair[0] != "content-type")
    return Request(result.method, result.host, result.path, headers)


def nested(arguments: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return *arguments* as one object; a dot in a name nests."""
    whole: dict[str, Any] = {}
    for name, value in arguments:
        *outer, last = name.split(".")
        at = whole
        for step in outer:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                raise ConfigError("", "--arg", f"{name!r} is a field of what is no object")
        at[last] = value
    return whole
