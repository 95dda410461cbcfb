"""Routes as the route table sees them, and the findings that come from their order."""

from collections.abc import Iterable

from gloo.envoy.route import RouteMatch, ValueMatch
from gloo.model.status import Problem
from gloo.translator.route_path import Condition, Entry, PathMatch
from gloo.translator.route_reach import unreachable


def entry_of(index: int, match: RouteMatch) -> Entry:
    """Return the entry of a route at *index* of its virtual service."""
    headers = (_condition("header", each) for each in match.headers)
    query = (_condition("query", each) for each in match.query)
    metadata = (_condition("metadata", each) for each in match.metadata)
    return Entry(
        index,
        PathMatch(match.path.kind, match.path.value, match.path.case_sensitive),
        frozenset(match.methods),
        frozenset((*headers, *query, *metadata)),
    )


def _condition(place: str, match: ValueMatch) -> Condition:
    return Condition(place, match.name, match.kind, match.value, match.invert)


def shadowed(entries: Iterable[Entry]) -> tuple[Problem, ...]:
    """Return a warning for each route that no request can reach."""
    return tuple(
        Problem(
            field=f"routes[{late}]",
            problem=f"can never be reached: routes[{early}] takes all of its requests",
            hint="move it up, or remove it",
            warning=True,
        )
        for late, early in unreachable(entries)
    )
