"""Routes as the route table sees them."""

from gloo.envoy.route import RouteMatch, ValueMatch
from gloo.translator.route_path import Condition, Entry, PathMatch


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
