"""A call of a function the way a client makes it: the request that a route turns into the call."""

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from gloo.errors import ConfigError, MissingReference
from gloo.explain.arguments import CallingRoute, calling_route, check_arguments, wants
from gloo.explain.bodies import body_with, text_of
from gloo.explain.calling import FoundFunction, Given, nested
from gloo.explain.delivery import parameters_of_route, template_of_function
from gloo.explain.domains import fitting_domains
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.parameters import Sight, bound_by, extracted
from gloo.explain.regex_text import text_with
from gloo.explain.request import Headers, Request, normalised
from gloo.explain.tables import Tables
from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.extractors import Extractor
from gloo.functions.parameters import VARIABLE, named
from gloo.model.base import Json, Value, replace
from gloo.model.route import RequestMatcher, Route


class _Parts(Value, frozen=True):
    """A request while it is put together.

    Args:
        used: the values that have a place in it.
        host: the one in which a parameter finds its values; without it any that the virtual service answers for.
        fields: those of the body that parameters take values out of.
    """

    path: str
    query: tuple[str, ...] = ()
    headers: Headers = ()
    used: frozenset[str] = frozenset()
    body: str | None = None
    host: str = ""
    fields: tuple[tuple[str, Json], ...] = ()


def client_request(called: FoundFunction, given: Given, tables: Tables) -> Request:
    """Return a request that the gateway would turn into this call: of the route that `calling_route` finds.

    What neither an extractor of the function nor a parameter of the route has a place for goes into a body of the kind
    that the function reads.

    Raises:
        MissingReference: no route calls it.
        ConfigError: the function has no use for an argument; the path, or what an extractor looks at, can't be told
            from the values; or the host that they make is none of the route's.
    """
    caller = calling_route(called.name, tables)
    if caller is None:
        raise MissingReference("", called.name, "no route calls it", "call it directly")
    template = template_of_function(called.name, called.function)
    if template is not None:
        check_arguments(wants(template, called.function, caller), given.arguments)
    matcher, values = caller.route.request_matcher or RequestMatcher(), dict(given.arguments)
    parts = _parts(caller.route, called, template, values)
    rest = [*((name, value) for name, value in given.arguments if name not in parts.used), *parts.fields]
    media_type, body = _body(template, rest, given) if parts.body is None else ("", parts.body.encode())
    method = matcher.verbs[0].upper() if matcher.verbs else "GET" if body is None else "POST"
    query = "&".join(parts.query)
    target = f"{parts.path}{'&' if '?' in parts.path else '?'}{query}" if query else parts.path
    kind = (("content-type", media_type),) if media_type else ()
    host = _host(parts, caller)
    request = Request(method, host, normalised(target), (*parts.headers, *given.headers, *kind), body)
    _check_extractors(template, values, request)
    return request


def _host(parts: _Parts, caller: CallingRoute) -> str:
    """Return the host to ask for; raise ConfigError if the route's virtual service does not answer for it."""
    if not parts.host or fitting_domains(parts.host, ((domain, "") for domain in caller.domains)):
        return parts.host or caller.host
    problem = f"the values make the host {parts.host!r}, for which the route's virtual service does not answer"
    raise ConfigError("", "--arg", problem, f"its domains: {', '.join(caller.domains)}")


def _parts(
    route: Route, called: FoundFunction, template: FunctionTemplate | None, values: Mapping[str, Json]
) -> _Parts:
    parts = _start(route.request_matcher or RequestMatcher())
    for extractor in template.extractors if template is not None else ():
        parts = _with_extracted(parts, extractor, values)
    for parameter in map(named, parameters_of_route(route, called.function)):
        parts = _with(parts, parameter, values)
    if not parts.path:
        raise ConfigError("", called.name, "its route has a regular expression for a path", "call it directly")
    return parts


def _body(
    template: FunctionTemplate | None, rest: Sequence[tuple[str, Json]], given: Given
) -> tuple[str, bytes | None]:
    """Return the type and the text of the body that has the *rest* of the arguments, or is given."""
    if not rest:
        return given.media_type, given.body
    if given.body is not None:
        raise ConfigError("", "--arg", f"{rest[0][0]!r} is a field of the body, which --body gives", "give one of them")
    if template is not None and template.parse_body == "none":
        raise ConfigError("", "--arg", f"the route has no place for {rest[0][0]!r}", "call it directly")
    return body_with(nested(rest), template.parse_body if template is not None else "json")


def _with_extracted(parts: _Parts, parameter: Parameter, values: Mapping[str, Json]) -> _Parts:
    """Put the value of an extractor where it looks for it, in a text that its regex takes it from."""
    rule = parameter.extractor
    if rule is None or rule.name not in values:
        return parts
    wanted = text_of(values[rule.name])
    text = text_with(rule.regex, rule.subgroup, wanted) if rule.mode == "extract" else wanted
    if text is None or not _is_possible(parts, parameter, text):
        raise _unknown_text(rule)
    parts = replace(parts, used=parts.used | {rule.name})
    return replace(parts, body=text) if parameter.source == "body" else _placed(parts, parameter, text)


def _is_possible(parts: _Parts, parameter: Parameter, text: str) -> bool:
    """Tell whether a client may put *text* where *parameter* looks, and its route take it."""
    if parameter.source == "path" or parameter.key == ":path":
        return text.startswith(parts.path or "/")
    return not parameter.key.startswith(":")


def _check_extractors(template: FunctionTemplate | None, values: Mapping[str, Json], request: Request) -> None:
    """Raise ConfigError if an extractor does not take its argument out of *request*."""
    runtime = FunctionRuntime() if template is not None and template.extractors else None
    for parameter in template.extractors if template is not None else ():
        rule = parameter.extractor
        if rule is None or rule.name not in values or runtime is None:
            continue
        (found,) = extracted((parameter,), Sight(request, "json", runtime))
        wanted = text_of(values[rule.name])
        if found.value is None or (found.value != wanted and json.loads(found.value) != wanted):
            raise _unknown_text(rule)


def _unknown_text(rule: Extractor) -> ConfigError:
    problem = f"it can't be told what text {rule.field} would take this value from"
    return ConfigError("", f"--arg {rule.name}", problem, "call it directly, without --via gateway")


def _start(matcher: RequestMatcher) -> _Parts:
    """Return what the matcher itself asks for, as far as it can be told."""
    path = matcher.path_exact or matcher.path_segment_prefix or matcher.path_prefix or "/"
    query = tuple(f"{name}={value}" for name, value in matcher.query_params.items() if isinstance(value, str))
    headers = tuple((name.lower(), value) for name, value in matcher.headers.items() if isinstance(value, str))
    return _Parts("" if matcher.path_regex is not None else path, query, headers)


def _with(parts: _Parts, parameter: Parameter, values: Mapping[str, Json]) -> _Parts:
    """Put the values of *parameter* where it looks for them; one that is not given, or has a place already, stays."""
    bound = frozenset(bound_by(parameter))
    if not bound <= values.keys() or bound <= parts.used or (parameter.source == "body" and parameter.key in bound):
        return parts
    return _placed(replace(parts, used=parts.used | bound), parameter, _filled(parameter, values))


def _placed(parts: _Parts, parameter: Parameter, text: str) -> _Parts:
    """Put *text* where *parameter* looks."""
    key = parameter.key
    if parameter.source == "path" or key == ":path":
        return replace(parts, path=text)
    if parameter.source == "authority":
        return replace(parts, host=text)
    if parameter.source == "query":
        return replace(parts, query=(*_others(parts.query, key), f"{quote(key)}={quote(text, safe='')}"))
    if parameter.source == "body":
        return replace(parts, fields=(*parts.fields, (key, text)))
    added = (key.lower(), text)
    if parameter.source == "cookie":
        others = (value for name, value in parts.headers if name == "cookie")
        added = ("cookie", "; ".join((*others, f"{key}={text}")))
    return replace(parts, headers=(*(pair for pair in parts.headers if pair[0] != added[0]), added))


def _others(query: Iterable[str], key: str) -> tuple[str, ...]:
    return tuple(each for each in query if each.partition("=")[0] != key)


def _filled(parameter: Parameter, values: Mapping[str, Json]) -> str:
    """Return the text in which *parameter* finds *values*, escaped where it is a path."""
    if not VARIABLE.search(parameter.pattern):
        return text_of(values[parameter.key or parameter.source])
    is_path = parameter.source == "path"
    texts = {name: quote(text_of(value), safe="") if is_path else text_of(value) for name, value in values.items()}
    return VARIABLE.sub(lambda found: texts[found[1]], parameter.pattern)
