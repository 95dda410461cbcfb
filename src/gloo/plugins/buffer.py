"""Buffer: refuse requests that are too long.

.. code-block:: yaml

    extensions:
      max_request_bytes: 1048576

A request is read whole before it goes on, and one with a longer body is answered 413. So it is nothing for bodies that
have no end: streams of gRPC, WebSocket.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.buffer import buffer_filters, buffer_limits
from gloo.envoy.route import Route
from gloo.envoy.stage import HttpFilter
from gloo.model.base import Model, replace
from gloo.plugins.base import RoutePlugin, forward_of


class BufferExtension(Model, frozen=True, kw_only=True):
    """How long requests of a route may be."""

    max_request_bytes: Annotated[
        Annotated[int, Meta(ge=1, le=2**32 - 1)] | None, Meta(description="the longest body that is taken, in bytes")
    ] = None


class Buffer(RoutePlugin[BufferExtension]):
    """Refuses requests that are too long."""

    extension_model: ClassVar[type[Model]] = BufferExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return buffer_filters()

    def route(self, route: Route, extension: BufferExtension) -> Route:
        if extension.max_request_bytes is None:
            return route
        made = forward_of(route, "max_request_bytes").held_bytes
        return replace(route, filters=(*route.filters, *buffer_limits(extension.max_request_bytes, made)))
