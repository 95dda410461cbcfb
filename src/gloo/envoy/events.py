"""Events whose type stands in the body (CloudEvents 1.0, structured mode): Envoy reads it before it chooses a route."""

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2

from gloo.envoy.aws_lambda import aws_enabled
from gloo.envoy.jwt import JWT_FILTER, no_token
from gloo.envoy.lua import LUA_FILTER, lua_enabled
from gloo.envoy.message import Message, packed, serialize, typed
from gloo.envoy.route import EVENT_NAMESPACE
from gloo.envoy.stage import HttpFilter, Stage

EVENT_FILTER = "envoy.filters.http.json_to_metadata"
EVENT_ATTRIBUTES = ("type", "source", "subject")
STRUCTURED = r"(?i)application/cloudevents\+json[ \t]*(?:;.*)?"
"""RE2 over the whole `content-type` of an event in structured mode: any case, and parameters such as a charset."""


def event_filter() -> HttpFilter:
    """Return the filter that puts an event's attributes where routes can see them; it has the route chosen again."""
    return HttpFilter(EVENT_FILTER, Stage.EVENTS, typed(_rules()))


def event_host_fields(*, sealed: bool = False, demanding: bool = False) -> bytes:
    """Return the fields of a virtual host with event routes, to be appended to its other fields.

    *sealed*: some of the routes call functions that are signed. *demanding*: some may demand tokens.

    The chain of filters is made when the first route is chosen, before the body is read: what the event's own route
    needs must be in it by then, so it is on for the whole virtual host.
    """
    host = route_components_pb2.VirtualHost()
    host.typed_per_filter_config[EVENT_FILTER].CopyFrom(packed(typed(_rules())))
    tokens = ((JWT_FILTER, no_token()),) if demanding else ()
    for name, config in ((LUA_FILTER, lua_enabled()), *(aws_enabled() if sealed else ()), *tokens):
        host.typed_per_filter_config[name].CopyFrom(packed(config))
    return serialize(host)


def _rules() -> Message:
    rules = json_to_metadata_pb2.JsonToMetadata()
    rules.request_rules.allow_content_types_regex.regex = STRUCTURED
    for attribute in EVENT_ATTRIBUTES:
        rule = rules.request_rules.rules.add()
        rule.selectors.add(key=attribute)
        rule.on_present.metadata_namespace = EVENT_NAMESPACE
        rule.on_present.key = attribute
    return rules
