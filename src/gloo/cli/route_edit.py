"""Edits of a virtual service's routes. Pure: the service as it is written in, the service to write out."""

from collections.abc import Mapping, Sequence

from gloo.cli.matcher_text import describe
from gloo.cli.objects import Refused
from gloo.errors import Conflict, NotFound
from gloo.model.base import Json, Value
from gloo.model.route import BrokenRoute, Route
from gloo.model.strict import decode_struct, to_builtins

Raw = Mapping[str, Json]


class Pattern(Value, frozen=True):
    """Which route is meant: its matcher, and its destination where that is given."""

    matcher: Route
    destination: Raw | None

    def holds(self, route: Route) -> bool:
        """Tell whether *route* has this matcher and this destination; nothing else of it counts."""
        if isinstance(route, BrokenRoute) or _matchers(route) != _matchers(self.matcher):
            return False
        if self.destination is None:
            return True
        single = route.single_destination
        return single is not None and to_builtins(single) == self.destination


def with_route(service: Raw, route: Raw, at: int | None) -> Raw:
    """Return *service* with *route* before the route number *at*, or at the end."""
    routes = _routes(service)
    index = len(routes) if at is None else at
    if not 0 <= index <= len(routes):
        raise NotFound(f"there is no place {index} among {len(routes)} routes (0 is the first)")
    return {**service, "routes": [*routes[:index], dict(route), *routes[index:]]}


def without_route(service: Raw, index: int) -> Raw:
    """Return *service* without the route number *index*."""
    routes = _routes(service)
    if not 0 <= index < len(routes):
        raise NotFound(f"there is no route {index}: {service.get('name')} has {len(routes)} (0 is the first)")
    return {**service, "routes": [*routes[:index], *routes[index + 1 :]]}


def sorted_routes(service: Raw, routes: Sequence[Route]) -> Raw:
    """Return *service* with events first, then exact, regex and prefix routes; longer texts before shorter ones."""
    order = sorted(range(len(routes)), key=lambda index: _rank(routes[index]))
    raw = _routes(service)
    return {**service, "routes": [raw[index] for index in order]}


def find_route(routes: Sequence[Route], pattern: Pattern) -> int:
    """Return the number of the one route that *pattern* means. Raises NotFound, Conflict when it means several."""
    hits = [index for index, route in enumerate(routes) if pattern.holds(route)]
    if not hits:
        known = "; ".join(f"{index}: {describe(route)}" for index, route in enumerate(routes[:10]))
        raise NotFound(f"no route has this matcher{' and destination' if pattern.destination else ''} ({known})")
    if len(hits) > 1:
        raise Conflict(f"{len(hits)} routes match: {', '.join(map(str, hits))} (pick one: --index {hits[0]})")
    return hits[0]


def decoded_route(raw: Raw) -> Route:
    """Return *raw* as a route; raise Refused with all that is wrong with it."""
    route, problems = decode_struct(dict(raw), Route)
    if route is None:
        raise Refused("\n".join(f"the route: {problem}" for problem in problems))
    return route


def _routes(service: Raw) -> list[Json]:
    return list(service.get("routes") or ())


def _matchers(route: Route) -> tuple[object, ...]:
    return (route.request_matcher, route.event_matcher)


def _rank(route: Route) -> tuple[int, int]:
    told = describe(route)
    kinds = ("Event", "Exact", "Regex", "Segments", "Prefix")
    return (kinds.index(told.type) if told.type in kinds else len(kinds), -len(told.path))
