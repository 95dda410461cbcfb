"""The buffer filters: one reads a whole request before it goes on, and refuses one that is too long.

Envoy has one limit for what a request's filters keep. The first filter sets it for what the client sends; a second one,
behind it, for what is made of that.
"""

from envoy.extensions.filters.http.buffer.v3 import buffer_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.route import FilterConfigs
from gloo.envoy.stage import HttpFilter, Stage

BUFFER_FILTER = "envoy.filters.http.buffer"
ROOM_FILTER = "gloo.filters.http.room"

_KEPT = 2**20
"""Bytes that Envoy keeps of a body where nobody says otherwise."""

_MOST = 2**23
"""More than any filter waits for."""


def buffer_filters() -> tuple[HttpFilter, ...]:
    """Return the filters. A route that turns them on brings its own limit.

    That in the filters is for an event whose path has such a route, but whose own one, chosen from its body, has none.
    """
    config = typed(buffer_pb2.Buffer(max_request_bytes={"value": _MOST}))
    return (HttpFilter(BUFFER_FILTER, Stage.LIMIT, config), HttpFilter(ROOM_FILTER, Stage.ACCEPTED, config))


def buffer_limits(most_bytes: int, made_bytes: int) -> FilterConfigs:
    """Return a route's part: a longer body is answered 413.

    Args:
        most_bytes: the longest body that is taken; 0 for what Envoy keeps.
        made_bytes: the longest body that filters may make of it; 0 for what Envoy keeps.
    """
    taken = most_bytes or _KEPT
    room = max(taken, made_bytes or _KEPT)
    return ((BUFFER_FILTER, _limit(taken)), (ROOM_FILTER, _limit(room)))


def _limit(most_bytes: int) -> TypedConfig:
    return typed(buffer_pb2.BufferPerRoute(buffer={"max_request_bytes": {"value": most_bytes}}))
