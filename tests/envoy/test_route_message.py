"""Routes to Envoy's messages."""

from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gloo.envoy.message import Message
from gloo.envoy.route import DirectResponse, Forward, HeaderChange, PathMatch, Route, RouteMatch, Target, ValueMatch
from gloo.envoy.route_message import route_bytes, route_configuration, virtual_host_bytes
from gloo.envoy.route_tree import route_fields


def written(*routes: Route) -> Message:
    """Return *routes* as Envoy reads them, out of a whole route configuration."""
    host = virtual_host_bytes("host", ("*",), route_fields([route_bytes(route) for route in routes]))
    message = RouteConfiguration()
    message.ParseFromString(route_configuration("table", (host,), frozenset()).body)
    return message.virtual_hosts[0].routes


def test_routes_keep_their_order_and_names() -> None:
    match, action = RouteMatch(PathMatch("prefix", "/")), DirectResponse(204)
    assert [route.name for route in written(*(Route(str(number), match, action) for number in range(300)))] == [
        str(number) for number in range(300)
    ]


def test_every_kind_of_path_is_written_as_such() -> None:
    kinds = {"prefix": "prefix", "segment_prefix": "path_separated_prefix", "exact": "path", "regex": "safe_regex"}
    for kind, field in kinds.items():
        path = PathMatch(kind, "/a")  # type: ignore[arg-type]  # the kinds stand above
        (route,) = written(Route("r", RouteMatch(path), DirectResponse(204)))
        assert route.match.WhichOneof("path_specifier") == field


def test_conditions_are_all_there() -> None:
    match = RouteMatch(
        PathMatch("prefix", "/"),
        methods=("GET", "PUT"),
        headers=(ValueMatch("x-a", "present"), ValueMatch("x-b", "exact", "1", invert=True)),
        query=(ValueMatch("q", "regex", "a.*"),),
    )
    (route,) = written(Route("r", match, DirectResponse(204)))
    assert {header.name for header in route.match.headers} == {":method", "x-a", "x-b"}
    assert route.match.query_parameters[0].string_match.safe_regex.regex == "a.*"


def test_several_targets_share_by_weight() -> None:
    action = Forward((Target("a", 9), Target("b", 1)))
    (route,) = written(Route("r", RouteMatch(PathMatch("prefix", "/")), action))
    assert [(each.name, each.weight.value) for each in route.route.weighted_clusters.clusters] == [("a", 9), ("b", 1)]


def test_a_header_is_set_even_when_it_is_empty() -> None:
    target = Target("a", request_headers=(HeaderChange("x-empty", ""),))
    (route,) = written(Route("r", RouteMatch(PathMatch("prefix", "/")), Forward((target,))))
    assert route.request_headers_to_add[0].keep_empty_value is True
