"""Events whose type stands in the body (CloudEvents 1.0, structured mode): Envoy reads it before it chooses a route."""

from collections.abc import Iterable, Iterator

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2
from google.protobuf.any_pb2 import Any as PackedMessage

from gloo.envoy.aws_lambda import SHAPE_FILTER, aws_enabled
from gloo.envoy.buffer import BUFFER_FILTER, ROOM_FILTER
from gloo.envoy.jwt import JWT_FILTER, no_token
from gloo.envoy.message import Message, TypedConfig, packed, serialize, typed
from gloo.envoy.route import EVENT_NAMESPACE, Forward, Route
from gloo.envoy.stage import HttpFilter, Stage

EVENT_FILTER = "envoy.filters.http.json_to_metadata"
EVENT_ATTRIBUTES = ("type", "source", "subject")
STRUCTURED = r"(?i)application/cloudevents\+json[ \t]*(?:;.*)?"
"""RE2 over the whole `content-type` of an event in structured mode: any case, and parameters such as a charset."""


def event_filter() -> HttpFilter:
    """Return the filter that puts an event's attributes where routes can see them; it has the route chosen again."""
    return HttpFilter(EVENT_FILTER, Stage.EVENTS, typed(_rules()))


def event_host_fields(routes: Iterable[Route]) -> bytes:
    """Return the fields of a virtual host with event routes, to be appended to its other fields.

    The chain of filters is made when the first route is chosen, before the body is read: what the event's own route
    says to a filter is heard only if the filter is in the chain by then, so all that *routes*, which match events, say
    something to are on for the whole virtual host, without an effect of their own.
    """
    host = route_components_pb2.VirtualHost()
    host.typed_per_filter_config[EVENT_FILTER].CopyFrom(packed(typed(_rules())))
    names = dict.fromkeys(
        [name for route in routes for name in _filters_of(route) if name not in (BUFFER_FILTER, ROOM_FILTER)]
    )
    for name in names:
        host.typed_per_filter_config[name].CopyFrom(packed(_idle(name)))
    return serialize(host)


def _filters_of(route: Route) -> Iterator[str]:
    targets = route.action.targets if isinstance(route.action, Forward) else ()
    plainly = (target.plain.filters for target in targets if target.plain is not None)
    for filters in (route.filters, *(target.filters for target in targets), *plainly):
        yield from (name for name, _ in filters)


def _idle(name: str) -> TypedConfig:
    """Return what puts a filter in the chain, with no effect of its own."""
    own = {SHAPE_FILTER: aws_enabled, JWT_FILTER: no_token}
    if name in own:
        return own[name]()
    return typed(route_components_pb2.FilterConfig(config=PackedMessage()))  # as in the connection manager: nothing


def _rules() -> Message:
    rules = json_to_metadata_pb2.JsonToMetadata()
    rules.request_rules.allow_content_types_regex.regex = STRUCTURED
    for attribute in EVENT_ATTRIBUTES:
        rule = rules.request_rules.rules.add()
        rule.selectors.add(key=attribute)
        rule.on_present.metadata_namespace = EVENT_NAMESPACE
        rule.on_present.key = attribute
    return rules
