"""Actions are written into a route: where requests go, and what is special about each destination."""

from envoy.config.route.v3.route_components_pb2 import Route
from google.protobuf.json_format import MessageToDict

from gloo.envoy.buffer import BUFFER_FILTER, buffer_limits
from gloo.envoy.route import Action, Forward, HeaderChange, Target
from gloo.envoy.route_action import set_action, set_filters
from gloo.envoy.route_policy import HostRewrite
from gloo.model.base import Json

FILTERS = buffer_limits(10, 0)[:1]


def _written(action: Action) -> Json:
    message = Route()
    set_action(message, action)
    return MessageToDict(message, preserving_proto_field_name=True)


def test_what_is_special_about_a_single_target_is_on_the_route() -> None:
    target = Target("main", filters=FILTERS, request_headers=(HeaderChange("x-a", "b"),), host_rewrite="c")
    message = _written(Forward((target,)))
    assert message["route"] == {"cluster": "main", "host_rewrite_literal": "c"}
    assert list(message["typed_per_filter_config"]) == [BUFFER_FILTER]
    assert message["request_headers_to_add"][0]["header"] == {"key": "x-a", "value": "b"}


def test_what_is_special_about_a_weighted_target_stays_with_it() -> None:
    special = Target("second", 2, filters=FILTERS, request_headers=(HeaderChange("x-a", "b"),), host_rewrite="c")
    message = _written(Forward((Target("main", 1), special)))
    main, second = message["route"]["weighted_clusters"]["clusters"]
    assert main == {"name": "main", "weight": 1}
    assert (second["name"], second["weight"], second["host_rewrite_literal"]) == ("second", 2, "c")
    assert list(second["typed_per_filter_config"]) == [BUFFER_FILTER]
    assert set(message) == {"route"}


def test_the_host_that_a_target_needs_goes_before_that_of_the_route() -> None:
    forward = Forward((Target("main", host_rewrite="needed"),), host=HostRewrite("literal", "wished"))
    assert _written(forward)["route"]["host_rewrite_literal"] == "needed"


def test_a_prefix_may_become_nothing() -> None:
    assert _written(Forward((Target("main"),), prefix_rewrite=""))["route"]["cluster"] == "main"


def test_filters_are_known_by_name() -> None:
    message = Route()
    set_filters(message, FILTERS)
    assert list(message.typed_per_filter_config) == [BUFFER_FILTER]
