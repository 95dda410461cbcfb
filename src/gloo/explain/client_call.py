"""A call of a function the way a client makes it: the request that a route turns into the call."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from gloo.errors import ConfigError, MissingReference
from gloo.explain.bodies import body_with, text_of
from gloo.explain.calling import Called, nested
from gloo.explain.delivery import parameters_of_route, template_of_function
from gloo.explain.request import Headers, Request, normalised
from gloo.explain.tables import Tables
from gloo.functions import Parameter
from gloo.functions.parameters import bindings, named
from gloo.model.base import Json, Value, replace
from gloo.model.route import RequestMatcher, Route
from gloo.model.virtual_service import VirtualService

_VARIABLE = re.compile(r"\{\s*([-\w.]+)\s*\}")


class _Parts(Value, frozen=True):
    """A request while it is put together; *used* are the values that have a place in it."""

    path: str
    query: tuple[str, ...] = ()
    headers: Headers = ()
    used: frozenset[str] = frozenset()


def client_request(called: Called, arguments: Sequence[tuple[str, Json]], tables: Tables) -> Request:
    """Return a request that the gateway would turn into this call: of the first route that calls the function.

    What no parameter of the route has a place for goes into a body of the kind that the function reads.

    Raises:
        MissingReference: no route calls it.
        ConfigError: the path can't be told from the route's matcher and the values.
    """
    route, host = _calling_route(called, tables)
    matcher, values = route.request_matcher or RequestMatcher(), dict(arguments)
    parts = _start(matcher)
    for parameter in map(named, parameters_of_route(route, called.function)):
        parts = _with(parts, parameter, values)
    if not parts.path:
        raise ConfigError("", called.name, "its route has a regular expression for a path", "call it directly")
    rest = nested([(name, value) for name, value in arguments if name not in parts.used])
    template = template_of_function(called.name, called.function)
    media_type, body = body_with(rest, template.parse_body if template else "json") if rest else ("", None)
    method = matcher.verbs[0].upper() if matcher.verbs else "POST" if body else "GET"
    target = parts.path + (f"?{'&'.join(parts.query)}" if parts.query else "")
    kind = (("content-type", media_type),) if body else ()
    return Request(method, host, normalised(target), (*parts.headers, *kind), body)


def _start(matcher: RequestMatcher) -> _Parts:
    """Return what the matcher itself asks for, as far as it can be told."""
    path = matcher.path_exact or matcher.path_segment_prefix or matcher.path_prefix or "/"
    query = tuple(f"{name}={value}" for name, value in matcher.query_params.items() if isinstance(value, str))
    headers = tuple((name.lower(), value) for name, value in matcher.headers.items() if isinstance(value, str))
    return _Parts("" if matcher.path_regex is not None else path, query, headers)


def _with(parts: _Parts, parameter: Parameter, values: Mapping[str, Json]) -> _Parts:
    """Put the values of *parameter* where it looks for them; one that is not given, or has a place already, stays."""
    bound = frozenset(".".join(each.path) for each in bindings((parameter,)))
    if not bound <= values.keys() or bound <= parts.used or parameter.source in ("body", "authority"):
        return parts
    text, key = _filled(parameter, values), parameter.key
    parts = replace(parts, used=parts.used | bound)
    if parameter.source == "path":
        return replace(parts, path=text)
    if parameter.source == "query":
        return replace(parts, query=(*_others(parts.query, key), f"{quote(key)}={quote(text, safe='')}"))
    added = ("cookie", f"{key}={text}") if parameter.source == "cookie" else (key.lower(), text)
    return replace(parts, headers=(*(pair for pair in parts.headers if pair[0] != added[0]), added))


def _others(query: Iterable[str], key: str) -> tuple[str, ...]:
    return tuple(each for each in query if each.partition("=")[0] != key)


def _calling_route(called: Called, tables: Tables) -> tuple[Route, str]:
    """Return the first route in the clear that calls the function, and a host that its virtual service answers for."""
    for _, item in sorted(tables.config.virtual_services.items()):
        service = item.value
        if not isinstance(service, VirtualService) or service.ssl_config is not None:
            continue
        for route in service.routes:
            if any(f"{each.upstream_name}/{each.function_name}" == called.name for each in route.destinations):
                domain = service.effective_domains[0]
                return route, "localhost" if domain == "*" else domain.replace("*", "x")
    raise MissingReference("", called.name, "no route calls it", "call it directly")


def _filled(parameter: Parameter, values: Mapping[str, Json]) -> str:
    """Return the text in which *parameter* finds *values*, escaped where it is a path."""
    if not parameter.pattern:
        return text_of(values[parameter.key])
    is_path = parameter.source == "path"
    texts = {name: quote(text_of(value), safe="") if is_path else text_of(value) for name, value in values.items()}
    return _VARIABLE.sub(lambda found: texts[found[1]], parameter.pattern)
