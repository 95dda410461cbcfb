"""A route that no client waits for is two: one that answers, and one for its copies."""

from tests.support.extended_routes import written

from gloo.envoy.later import LATER, LATER_CLUSTER, MOST_BYTES, RUN_HEADER, asking, call_name, calling, later_resources
from gloo.envoy.readable import readable
from gloo.envoy.route import Forward, HeaderChange, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_message import route_bytes
from gloo.model.base import Json, replace
from gloo.model.duration import Duration

ADDED = (HeaderChange("x-a", "1"),)
ROUTE = Route(
    "shop/0",
    RouteMatch(PathMatch("prefix", "/a"), methods=("POST",)),
    Forward((Target("main", held_bytes=5),), prefix_rewrite="/b"),
    request_headers=ADDED,
    response_headers=ADDED,
    later="gateway",
)


def test_the_half_that_clients_ask_marks_copies_alone_and_has_no_time_of_its_own() -> None:
    message = written(asking(ROUTE, "shop/0/1f"))
    forward = message["route"]
    (mirror,) = forward["request_mirror_policies"]
    (mark,) = mirror["request_headers_mutations"]
    assert (forward["cluster"], forward["timeout"], mirror["cluster"]) == (LATER_CLUSTER, "0s", LATER_CLUSTER)
    assert mark["append"]["header"] == {"key": RUN_HEADER, "value": "shop/0/1f"}
    assert message["request_headers_to_remove"] == [RUN_HEADER]
    assert [each["header"]["key"] for each in message["request_headers_to_add"]] == [
        "x-gloo-ask",
        "x-gloo-call-id",
    ]
    assert message["request_headers_to_add"][0]["header"]["value"] == "shop/0/1f"
    assert "prefix_rewrite" not in forward
    assert message["response_headers_to_add"]


def test_an_upload_that_pauses_too_long_ends_as_on_other_routes() -> None:
    assert isinstance(ROUTE.action, Forward)
    route = replace(ROUTE, action=replace(ROUTE.action, idle_timeout=Duration(3 * 10**8)))
    assert written(asking(route, "shop/0/1f"))["route"]["idle_timeout"] == "0.300s"


def test_a_call_is_named_by_its_content_and_not_by_the_place_of_its_route_alone() -> None:
    first, again, other = (route_bytes(calling(each)) for each in (ROUTE, ROUTE, replace(ROUTE, request_headers=())))
    assert call_name(ROUTE, first) == call_name(ROUTE, again) != call_name(ROUTE, other)
    assert call_name(ROUTE, first).startswith("shop/0/")


def test_the_half_for_copies_does_what_the_route_does_wherever_its_conditions_held() -> None:
    message = written(calling(ROUTE))
    assert message["match"] == {"prefix": "/a"}
    assert (message["route"]["cluster"], message["route"]["prefix_rewrite"]) == ("main", "/b")
    assert [each["header"]["key"] for each in message["request_headers_to_add"]] == ["x-a"]
    assert not {"response_headers_to_add", "request_body_buffer_limit"} & message.keys()


def test_the_listener_is_inside_envoy_and_its_table_chooses_by_the_mark() -> None:
    halves = [(name, route_bytes(calling(replace(ROUTE, name=name)))) for name in ("shop/0", "shop/1")]
    listener, table = later_resources(halves, frozenset(), script="-- halves", filters=())
    assert readable(listener)["internal_listener"] == {}
    assert readable(listener)["per_connection_buffer_limit_bytes"] == MOST_BYTES
    (host,) = readable(table)["virtual_hosts"]
    by_name = host["matcher"]["matcher_tree"]["exact_match_map"]["map"]
    assert list(by_name) == ["shop/0", "shop/1"]
    by_asking = host["matcher"]["on_no_match"]["matcher"]
    asked = by_asking["matcher_tree"]["exact_match_map"]["map"]
    assert [_named(asked[name]) for name in ("shop/0", "shop/1")] == ["gloo-later/answered"] * 2
    assert _named(by_asking["on_no_match"]) == "gloo-later"
    assert LATER == listener.name == table.name


def _named(on_match: Json) -> str:
    (route,) = on_match["action"]["typed_config"]["routes"]
    return str(route["name"])


def test_a_copy_has_the_clients_address_from_the_header_that_tells_it() -> None:
    listener, _ = later_resources([], frozenset(), script="", filters=())
    (chain,) = readable(listener)["filter_chains"]
    manager = chain["filters"][0]["typed_config"]
    assert (manager["use_remote_address"], manager["xff_num_trusted_hops"]) == (False, 1)
