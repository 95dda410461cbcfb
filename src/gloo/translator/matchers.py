"""Matchers to Envoy's route matches: what a condition means, and whether it can ever hold."""

from gloo.envoy.query_match import query_pattern
from gloo.envoy.route import PathMatch, RouteMatch, ValueKind, ValueMatch
from gloo.errors import ConfigError
from gloo.model.http_name import is_token
from gloo.model.path import format_path
from gloo.model.regex import check_regex
from gloo.model.route import RequestMatcher, ValueCondition
from gloo.model.status import Problem
from gloo.translator.reports import error_of
from gloo.translator.written_paths import unsent_query, written_path


def request_match(matcher: RequestMatcher) -> RouteMatch:
    """Return the match of *matcher*; raise ConfigError, its field below the route, for what can't be one."""
    path, methods = path_match(matcher), methods_of(matcher)
    if not (matcher.headers or matcher.cookies or matcher.query_params):
        return RouteMatch(path, methods)
    headers = tuple(_header(name, value) for name, value in matcher.headers.items())
    cookies = tuple(_cookie(name, value) for name, value in matcher.cookies.items())
    query = tuple(_query(name, value) for name, value in matcher.query_params.items())
    return RouteMatch(path, methods, headers=headers, query=query, cookies=cookies)


def path_match(matcher: RequestMatcher) -> PathMatch:
    """Return the condition on the path; a matcher without one takes every path."""
    sensitive = matcher.case_sensitive
    if matcher.path_exact is not None:
        return PathMatch("exact", written_path(matcher.path_exact, "request_matcher.path_exact"), sensitive)
    if matcher.path_segment_prefix is not None:
        segments = matcher.path_segment_prefix
        path = written_path(segments, "request_matcher.path_segment_prefix", "segment_prefix").rstrip("/")
        return PathMatch("segment_prefix", path, sensitive) if path else PathMatch("prefix", "/")
    if matcher.path_regex is not None:
        check_regex(matcher.path_regex, "request_matcher.path_regex")
        return PathMatch("regex", matcher.path_regex if sensitive else f"(?i){matcher.path_regex}")
    prefix = written_path(matcher.path_prefix or "/", "request_matcher.path_prefix", "prefix")
    return PathMatch("prefix", prefix, sensitive)


def methods_of(matcher: RequestMatcher) -> tuple[str, ...]:
    """Return the methods a matcher takes, in capitals; raise ConfigError for what is no method."""
    if not matcher.verbs:
        return ()
    wrong = [
        Problem(field=f"request_matcher.verbs[{index}]", problem=f"{verb!r} is no HTTP method", hint="e.g. GET")
        for index, verb in enumerate(matcher.verbs)
        if not is_token(verb)
    ]
    if wrong:
        raise error_of(wrong)
    return tuple(dict.fromkeys(verb.upper() for verb in matcher.verbs))


def _header(name: str, value: str | ValueCondition) -> ValueMatch:
    """Return the condition on a header: ``""`` any value, a value with ``.*`` a regular expression, else exact."""
    field = f"request_matcher.{format_path(('headers', name))}"
    if not is_token(name.removeprefix(":")):
        raise ConfigError("", field, f"{name!r} is no header name")
    if isinstance(value, str) and ".*" in value:
        value = ValueCondition(regex=value)
    return condition(name.lower(), value, field)


def _query(name: str, value: str | ValueCondition) -> ValueMatch:
    """Return the condition on a query parameter: ``""`` any value, else exact, whatever it holds."""
    field = f"request_matcher.{format_path(('query_params', name))}"
    if not 0 < len(name.encode()) <= _LONGEST_PARAMETER:
        raise ConfigError("", field, f"{_shortened(name)!r} is no name of a query parameter", "1 to 1024 bytes")
    match = condition(name, value, field)
    if match.invert and match.kind != "present":
        _check_invertible(match, field)
    return match


_LONGEST_PARAMETER = 1024  # bytes, says Envoy


def _shortened(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}..."


_LONGEST_INVERTED = 200  # the expression for other names has a group within the last one for each sign


def _check_invertible(match: ValueMatch, field: str) -> None:
    """Raise ConfigError for an expression that can't be turned round: Envoy itself inverts no query parameter."""
    never_sent = unsent_query(match)
    if never_sent:
        raise ConfigError("", field, never_sent, "percent-encode it, or leave the condition out")
    if len(match.name) > _LONGEST_INVERTED:
        raise ConfigError("", field, f"a name of more than {_LONGEST_INVERTED} signs can't be inverted")
    try:
        check_regex(query_pattern(match), field)
    except ConfigError as error:
        hint = "; ".join(part for part in (error.hint, "or put a route for what matches before this one") if part)
        raise ConfigError("", field, f"can't be inverted: {error.problem}", hint) from error


def condition(name: str, value: str | ValueCondition, field: str) -> ValueMatch:
    """Return the condition that *value* puts on *name*: ``""`` any value, other text exact."""
    if isinstance(value, str):
        return ValueMatch(name, "exact", value) if value else ValueMatch(name, "present")
    if value.present is not None:
        return ValueMatch(name, "present", invert=value.invert == value.present)
    for kind in _TEXT_KINDS:
        if (text := getattr(value, kind)) is not None:
            if kind == "regex":
                check_regex(text, f"{field}.regex")
            return ValueMatch(name, kind, text, value.invert)
    raise AssertionError(value)


_TEXT_KINDS: tuple[ValueKind, ...] = ("exact", "prefix", "suffix", "contains", "regex")


def _cookie(name: str, value: str | ValueCondition) -> ValueMatch:
    """Return the condition on a cookie: ``""`` any value, else exact; its value is compared by itself."""
    field = f"request_matcher.{format_path(('cookies', name))}"
    if not is_token(name):
        raise ConfigError("", field, f"{name!r} is no cookie name")
    return condition(name, value, field)
