"""Upgrades: let clients switch a connection to another protocol.

.. code-block:: yaml

    extensions:
      upgrades: [websocket]

Without it Envoy answers 403 to a client that asks for WebSocket: behind an upgrade the gateway sees bytes, no requests,
so a route has to want it. A WebSocket that is silent for longer than `idle_timeout` is closed, after 5 minutes without
a word.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from gloo.envoy.buffer import BUFFER_FILTER
from gloo.envoy.route import Route
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.plugins.base import RoutePlugin, forward_of


class UpgradesExtension(Model, frozen=True, kw_only=True):
    """What clients of a route may switch to."""

    upgrades: Annotated[tuple[Literal["websocket"], ...], Meta(description="protocols that clients may switch to")] = ()


class Upgrades(RoutePlugin[UpgradesExtension]):
    """Lets clients switch to another protocol."""

    extension_model: ClassVar[type[Model]] = UpgradesExtension

    def route(self, route: Route, extension: UpgradesExtension) -> Route:
        forward = forward_of(route, "upgrades")
        if not extension.upgrades:
            return route
        if not all(target.takes_connections for target in forward.targets):
            problem = "such a function takes requests, no connections"
            raise ConfigError("", "upgrades", problem, "send to an upstream itself")
        # Plugins are asked in the order of their names: Buffer has been.
        if any(name == BUFFER_FILTER for name, _ in route.filters):
            raise ConfigError("", "upgrades", "max_request_bytes would wait for the end of the connection")
        return replace(route, action=replace(forward, upgrades=tuple(dict.fromkeys(extension.upgrades))))
