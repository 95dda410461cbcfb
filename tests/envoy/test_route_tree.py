"""What is put together by hand is what the protobuf classes read."""

from envoy.config.route.v3.route_components_pb2 import Route, RouteList, RouteMatch, VirtualHost
from envoy.type.matcher.v3.http_inputs_pb2 import HttpRequestHeaderMatchInput
from xds.type.matcher.v3.matcher_pb2 import Matcher

from gloo.envoy.route_tree import Leaf, RouteTree, route_fields

ROUTES = [Route(name="r" * length, match=RouteMatch(prefix="/")) for length in (1, 200, 20_000)]
SERIALISED = [route.SerializeToString() for route in ROUTES]


def _host(fields: bytes) -> VirtualHost:
    """Append *fields* to a virtual host as the translator does."""
    host = VirtualHost(name="host", domains=["*"])
    return VirtualHost.FromString(host.SerializeToString() + fields)


def _listed(action: Matcher.OnMatch) -> list[str]:
    assert action.action.name
    listed = RouteList()
    assert action.action.typed_config.Unpack(listed)
    return [route.name[:1] + str(len(route.name)) for route in listed.routes]


def test_without_a_tree_the_routes_stand_in_a_list() -> None:
    host = _host(route_fields(SERIALISED))
    assert list(host.routes) == ROUTES
    assert not host.HasField("matcher")


def test_a_tree_maps_prefixes_of_the_path_to_route_lists() -> None:
    tree = RouteTree((Leaf("/a", (0, 2)), Leaf("/é" + "x" * 200, (1,))), otherwise=(2,))
    host = _host(route_fields(SERIALISED, tree))
    assert not host.routes
    by_path = host.matcher.matcher_tree
    read = HttpRequestHeaderMatchInput()
    assert by_path.input.typed_config.Unpack(read)
    assert read.header_name == ":path"
    leaves = {prefix: _listed(action) for prefix, action in by_path.prefix_match_map.map.items()}
    assert leaves == {"/a": ["r1", "r20000"], "/é" + "x" * 200: ["r200"]}
    assert _listed(host.matcher.on_no_match) == ["r20000"]


def test_a_tree_that_covers_every_path_has_no_fallback() -> None:
    host = _host(route_fields(SERIALISED, RouteTree((Leaf("/", (0, 1, 2)),))))
    assert not host.matcher.HasField("on_no_match")


def test_an_empty_table_has_no_fields() -> None:
    assert route_fields([]) == b""


def test_the_size_of_a_tree_counts_copies() -> None:
    assert RouteTree((Leaf("/a", (0, 2)), Leaf("/b", (2,))), otherwise=(1,)).size == 4
