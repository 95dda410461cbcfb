"""The filter that reads an event's attributes from its body."""

import pytest
import re2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2

from gloo.envoy.buffer import BUFFER_FILTER
from gloo.envoy.events import EVENT_FILTER, STRUCTURED, event_filter, event_host_fields
from gloo.envoy.fault import FAULT_FILTER
from gloo.envoy.message import typed
from gloo.envoy.route import DirectResponse, Forward, PathMatch, PlainCall, Route, RouteMatch, Target
from gloo.envoy.stage import Stage


def test_the_filter_stands_before_those_that_routes_tell_something_and_reads_structured_events_alone() -> None:
    found = event_filter()
    rules = json_to_metadata_pb2.JsonToMetadata.FromString(found.config.value).request_rules

    assert (found.name, found.stage, found.disabled) == (EVENT_FILTER, Stage.EVENTS, True)
    assert [stage for stage in Stage if stage < found.stage] == [Stage.LIMIT]
    assert rules.allow_content_types_regex.regex == STRUCTURED
    assert not (rules.allow_content_types or rules.allow_empty_content_type)
    assert [rule.selectors[0].key for rule in rules.rules] == ["type", "source", "subject"]


@pytest.mark.parametrize(
    ("content_type", "structured"),
    [
        ("application/cloudevents+json", True),
        ("application/cloudevents+json; charset=utf-8", True),
        ("application/cloudevents+json ;charset=UTF-8", True),
        ("Application/CloudEvents+JSON", True),
        ("application/cloudevents-batch+json", False),
        ("application/cloudevents+jsonp", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_a_media_type_is_known_in_any_case_and_with_parameters(content_type: str, structured: bool) -> None:
    assert (re2.fullmatch(STRUCTURED, content_type) is not None) is structured


def test_a_virtual_host_with_events_has_the_filters_of_their_routes_in_its_chain() -> None:
    config = typed(route_components_pb2.FilterConfig())
    plain = PlainCall((), (("plain", config),))
    targets = (Target("a", filters=(("first", config), ("own", config))), Target("b", plain=plain))
    match = RouteMatch(PathMatch("exact", "/events"))
    routes = (
        Route("one", match, Forward(targets), filters=((FAULT_FILTER, config),)),
        Route("two", match, DirectResponse(404, ""), filters=((BUFFER_FILTER, config), ("own", config))),
    )
    host = route_components_pb2.VirtualHost.FromString(event_host_fields(routes))

    assert sorted(host.typed_per_filter_config) == sorted((EVENT_FILTER, "first", "own", "plain", FAULT_FILTER))
