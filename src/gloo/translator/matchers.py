"""Matchers to Envoy's route matches: what a condition means, and whether it can ever hold."""

import re
from collections.abc import Mapping

import re2

from gloo.envoy.route import PathMatch, RouteMatch, ValueMatch
from gloo.errors import ConfigError
from gloo.model.path import format_path
from gloo.model.route import EventMatcher, RequestMatcher, Route

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # RFC 9110, section 5.6.2
EVENT_PATH = "/events"
EVENT_HEADER = "x-event-type"


def translate_matcher(route: Route) -> RouteMatch:
    """Return the match of *route*; raise ConfigError, its field below the route, for what can't be a match."""
    if route.request_matcher is not None:
        return _request_match(route.request_matcher)
    assert route.event_matcher is not None
    return _event_match(route.event_matcher)


def _event_match(matcher: EventMatcher) -> RouteMatch:
    return RouteMatch(PathMatch("exact", EVENT_PATH), headers=(ValueMatch(EVENT_HEADER, "exact", matcher.event_type),))


def _request_match(matcher: RequestMatcher) -> RouteMatch:
    methods = _methods(matcher.verbs)
    headers = tuple(_header(name, value) for name, value in matcher.headers.items())
    query = tuple(_query(name, value) for name, value in matcher.query_params.items())
    return RouteMatch(path_match(matcher), headers=(*methods, *headers), query=query)


def path_match(matcher: RequestMatcher) -> PathMatch:
    """Return the condition on the path; a matcher without one takes every path."""
    if matcher.path_exact is not None:
        if "?" in matcher.path_exact or "#" in matcher.path_exact:
            raise ConfigError(
                "", "request_matcher.path_exact", "a path without its query is compared", "move it to query_params"
            )
        return PathMatch("exact", _rooted(matcher.path_exact, "path_exact"))
    if matcher.path_regex is not None:
        check_regex(matcher.path_regex, "request_matcher.path_regex")
        return PathMatch("regex", matcher.path_regex)
    return PathMatch("prefix", _rooted(matcher.path_prefix or "/", "path_prefix"))


def _rooted(path: str, field: str) -> str:
    if not path.startswith("/"):
        raise ConfigError("", f"request_matcher.{field}", f"{path!r} never matches", "a path starts with /")
    return path


def check_regex(pattern: str, field: str) -> None:
    """Raise ConfigError unless RE2, which Envoy uses, takes *pattern*."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ConfigError("", field, f"{pattern!r} is no RE2 regular expression: {said}") from error


def _methods(verbs: tuple[str, ...]) -> tuple[ValueMatch, ...]:
    for index, verb in enumerate(verbs):
        if not _TOKEN.match(verb):
            raise ConfigError("", f"request_matcher.verbs[{index}]", f"{verb!r} is no HTTP method", "e.g. GET")
    methods = tuple(dict.fromkeys(verb.upper() for verb in verbs))
    if not methods:
        return ()
    if len(methods) == 1:
        return (ValueMatch(":method", "exact", methods[0]),)
    return (ValueMatch(":method", "regex", "|".join(re.escape(method) for method in methods)),)


def _header(name: str, value: str) -> ValueMatch:
    """Return the condition on a header: ``""`` any value, a value with ``.*`` a regular expression, else exact."""
    field = f"request_matcher.{format_path(('headers', name))}"
    if not _TOKEN.match(name.removeprefix(":")):
        raise ConfigError("", field, f"{name!r} is no header name")
    if not value:
        return ValueMatch(name.lower(), "present")
    if ".*" in value:
        check_regex(value, field)
        return ValueMatch(name.lower(), "regex", value)
    return ValueMatch(name.lower(), "exact", value)


def _query(name: str, value: str) -> ValueMatch:
    """Return the condition on a query parameter: ``""`` any value, else exact, whatever it holds."""
    return ValueMatch(name, "exact", value) if value else ValueMatch(name, "present")


def matcher_field(fields: Mapping[str, object]) -> str:
    """Return the name of the path condition that *fields* hold."""
    return next((name for name in ("path_exact", "path_regex", "path_prefix") if name in fields), "")
