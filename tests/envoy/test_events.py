"""The filter that reads an event's attributes from its body."""

from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2

from gloo.envoy.events import EVENT_FILTER, event_filter, event_host_fields
from gloo.envoy.lua import LUA_FILTER
from gloo.envoy.stage import Stage


def test_the_filter_stands_first_and_reads_structured_events_alone() -> None:
    found = event_filter()
    rules = json_to_metadata_pb2.JsonToMetadata.FromString(found.config.value).request_rules

    assert (found.name, found.stage, found.disabled) == (EVENT_FILTER, min(Stage), True)
    assert list(rules.allow_content_types) == ["application/cloudevents+json"]
    assert [rule.selectors[0].key for rule in rules.rules] == ["type", "source", "subject"]


def test_a_virtual_host_with_events_has_what_a_function_needs_in_its_chain() -> None:
    host = route_components_pb2.VirtualHost.FromString(event_host_fields())

    assert sorted(host.typed_per_filter_config) == sorted((EVENT_FILTER, LUA_FILTER))
