"""Routes as the route table sees them."""

from collections.abc import Iterator

from gloo.envoy.route import RouteMatch, ValueMatch
from gloo.translator.route_path import Condition, Entry, PathMatch


def entry_of(index: int, match: RouteMatch) -> Entry:
    """Return the entry of a route at *index* of its virtual service."""
    path = PathMatch(match.path.kind, match.path.value, match.path.case_sensitive)
    methods = frozenset(match.methods) if match.methods else _NO_METHODS
    return Entry(index, path, methods, frozenset(_conditions(match)) if _is_conditional(match) else _NO_CONDITIONS)


_NO_METHODS: frozenset[str] = frozenset()
_NO_CONDITIONS: frozenset[Condition] = frozenset()


def _is_conditional(match: RouteMatch) -> bool:
    return bool(match.headers or match.query or match.cookies or match.metadata)


def _conditions(match: RouteMatch) -> Iterator[Condition]:
    yield from (_condition("header", each) for each in match.headers)
    yield from (_condition("query", each) for each in match.query)
    yield from (_condition("cookie", each) for each in match.cookies)
    yield from (_condition("metadata", each) for each in match.metadata)


def _condition(place: str, match: ValueMatch) -> Condition:
    return Condition(place, match.name, match.kind, match.value, match.invert)
