"""Event matchers to route matches: one for each form in which an event can arrive.

An event of one type arrives as the 2018 form (`x-event-type`), in CloudEvents' binary mode (`ce-type`), or in its
structured mode (the type in a JSON body). Sources: CloudEvents 1.0.2, HTTP protocol binding, sections 3.1 and 3.2.
"""

from collections.abc import Iterable

from gloo.envoy.events import STRUCTURED, event_host_fields
from gloo.envoy.route import DirectResponse, PathMatch, Route, RouteMatch, ValueMatch
from gloo.envoy.route_message import route_bytes
from gloo.model.route import EventMatcher
from gloo.model.route import Route as ModelRoute
from gloo.translator.matchers import condition, request_match
from gloo.translator.written_paths import written_path

_NO_ROUTE = '{"error":{"message":"no route matches this request","reason":"no_route","status":404}}'


def event_matches(matcher: EventMatcher) -> tuple[RouteMatch, ...]:
    """Return the matches of *matcher*; raise ConfigError, its field below the route, for what can't be one."""
    path = PathMatch("exact", written_path(matcher.path, "event_matcher.path"))
    wanted = [ValueMatch("type", "exact", matcher.event_type)]
    for name in ("source", "subject"):
        if (value := getattr(matcher, name)) is not None:
            wanted.append(condition(name, value, f"event_matcher.{name}"))
    binary = tuple(_renamed(each, f"ce-{each.name}") for each in wanted)
    forms = [
        RouteMatch(path, headers=binary),
        RouteMatch(path, headers=(_STRUCTURED_TYPE,), metadata=tuple(wanted)),
    ]
    if matcher.subject is None:  # the form of 2018 has no subject
        names = {"type": "x-event-type", "source": "x-source-id"}
        forms.insert(0, RouteMatch(path, headers=tuple(_renamed(each, names[each.name]) for each in wanted)))
    return tuple(forms)


_STRUCTURED_TYPE = ValueMatch("content-type", "regex", STRUCTURED)


def _renamed(match: ValueMatch, name: str) -> ValueMatch:
    return ValueMatch(name, match.kind, match.value, match.invert)


def event_fields(routes: Iterable[ModelRoute], translated: Iterable[Route | None]) -> bytes:
    """Return what a virtual host needs beside its routes when some of them match events; nothing when none does.

    Args:
        translated: what became of each of *routes*; None where nothing did.
    """
    pairs = [pair for pair in zip(routes, translated, strict=True) if pair[0].event_matcher is not None]
    return event_host_fields(route for _, route in pairs if route is not None) if pairs else b""


def event_catch(name: str, routes: Iterable[ModelRoute]) -> tuple[tuple[RouteMatch, bytes], ...]:
    """Return the routes to stand last, one for each path of events.

    Envoy reads a body only for a request that has a route: without these an event in structured mode would be
    answered 404 before its type is known. One that has no route even then is answered so here.
    """
    paths = dict.fromkeys([route.event_matcher.path for route in routes if route.event_matcher is not None])
    if not paths:
        return ()
    answer = DirectResponse(404, _NO_ROUTE, "application/json")
    matches = [RouteMatch(PathMatch("exact", path), headers=(_STRUCTURED_TYPE,)) for path in paths]
    return tuple((match, route_bytes(Route(f"{name}/no-event", match, answer))) for match in matches)


def matches_of(route: ModelRoute) -> tuple[RouteMatch, ...]:
    """Return the matches of *route*, any of which takes a request; raise ConfigError, its field below the route."""
    if route.request_matcher is not None:
        return (request_match(route.request_matcher),)
    assert route.event_matcher is not None
    return event_matches(route.event_matcher)
