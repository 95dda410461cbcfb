"""A route plugin alone: from what a user writes to the message that Envoy gets."""

from typing import Any

from envoy.config.route.v3.route_components_pb2 import Route as RouteMessage
from google.protobuf.json_format import MessageToDict

from gloo.envoy.route import Action, Forward, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_message import route_bytes
from gloo.model.base import Json, Model
from gloo.plugins.base import RoutePlugin
from gloo.plugins.registry import extension_of

FORWARD = Forward((Target("main"),))


def route_of(action: Action = FORWARD, match: RouteMatch | None = None) -> Route:
    """Return a route that sends everything to one cluster, or does *action*."""
    return Route("shop/0", match or RouteMatch(PathMatch("prefix", "/")), action)


def decoded(plugin: RoutePlugin[Any], extensions: dict[str, Json]) -> Model:
    """Return *extensions* as the plugin gets them; they have to be right."""
    extension, problems = extension_of(plugin, extensions)
    assert not problems
    assert extension is not None
    return extension


def problems_of(plugin: RoutePlugin[Any], extensions: dict[str, Json]) -> list[tuple[str, str]]:
    """Return field and problem of each fault in *extensions*."""
    return [(problem.field, problem.problem) for problem in extension_of(plugin, extensions)[1]]


def extended(plugin: RoutePlugin[Any], extensions: dict[str, Json], route: Route | None = None) -> Route:
    """Return *route*, or one that sends everything to one cluster, with *extensions*."""
    return plugin.route(route or route_of(), decoded(plugin, extensions))


def written(route: Route) -> Json:
    """Return the message of *route*, parsed back from its bytes, as plain values."""
    message = RouteMessage.FromString(route_bytes(route))
    return MessageToDict(message, preserving_proto_field_name=True)
