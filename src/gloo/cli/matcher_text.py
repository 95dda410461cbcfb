"""Routes in few words, for tables and messages."""

from gloo.model.base import Value
from gloo.model.route import Destination, RequestMatcher, Route, ValueCondition, WeightedDestination
from gloo.model.strict import to_builtins


class RouteText(Value, frozen=True):
    """One route in the words of a table."""

    type: str
    path: str
    verbs: str
    conditions: str
    destination: str

    def __str__(self) -> str:
        matcher = " ".join(part for part in (self.verbs, self.type.lower(), self.path, self.conditions) if part)
        return f"{matcher} -> {self.destination or 'nowhere'}"


def describe(route: Route) -> RouteText:
    """Return *route* in few words."""
    destination = ", ".join(_destination(each) for each in route.destinations) or _answered(route)
    if route.event_matcher is not None:
        return RouteText("Event", route.event_matcher.event_type, "", "", destination)
    matcher = route.request_matcher
    if matcher is None:
        return RouteText("Unreadable", "", "", "", destination)
    kind, path = _path(matcher)
    return RouteText(kind, path, ",".join(matcher.verbs) or "*", _conditions(matcher), destination)


def _answered(route: Route) -> str:
    """Return what the gateway answers by itself, if that is what the route is for."""
    answer, redirect = route.extensions.get("direct_response"), route.extensions.get("redirect")
    if isinstance(answer, dict):
        return f"answer {answer.get('status', 200)}"
    return f"redirect {redirect.get('code', 301)}" if isinstance(redirect, dict) else ""


def _path(matcher: RequestMatcher) -> tuple[str, str]:
    paths = {
        "Exact": matcher.path_exact,
        "Regex": matcher.path_regex,
        "Prefix": matcher.path_prefix,
        "Segments": matcher.path_segment_prefix,
    }
    return next(((kind, path) for kind, path in paths.items() if path is not None), ("Prefix", "/"))


def _conditions(matcher: RequestMatcher) -> str:
    headers = (_condition(name, value, ":") for name, value in matcher.headers.items())
    queries = (f"?{_condition(name, value, '=')}" for name, value in matcher.query_params.items())
    cookies = (f"cookie {_condition(name, value, '=')}" for name, value in matcher.cookies.items())
    return " ".join((*headers, *queries, *cookies))


def _condition(name: str, value: str | ValueCondition, sign: str) -> str:
    if isinstance(value, str):
        return f"{name}{sign}{value}" if value else name
    ways = to_builtins(value)
    negation = "!" if ways.pop("invert", False) else ""
    return f"{negation}{name} " + " ".join(f"{way} {text!r}" for way, text in ways.items())


def _destination(destination: Destination) -> str:
    function = f"/{destination.function_name}" if destination.function is not None else ""
    weight = f" ({destination.weight})" if isinstance(destination, WeightedDestination) else ""
    return f"{destination.upstream_name}{function}{weight}"
