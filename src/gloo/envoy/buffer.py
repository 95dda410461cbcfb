"""The buffer filter: reads a whole request before it goes on, and refuses one that is too long."""

from envoy.extensions.filters.http.buffer.v3 import buffer_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage

BUFFER_FILTER = "envoy.filters.http.buffer"


def buffer_filter() -> HttpFilter:
    """Return the filter; the limit in it stands for nothing, since a route that turns it on brings its own."""
    message = buffer_pb2.Buffer()
    message.max_request_bytes.value = 1
    return HttpFilter(BUFFER_FILTER, Stage.ACCEPTED, typed(message))


def buffer_limit(most_bytes: int) -> TypedConfig:
    """Return a route's part: a longer body is answered 413."""
    message = buffer_pb2.BufferPerRoute()
    message.buffer.max_request_bytes.value = most_bytes
    return typed(message)
