from gloo.envoy.jwt import JWT_FILTER, jwt_filter
from gloo.envoy.listener import Listener, socket_address
from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType


def test_a_listener_names_its_table() -> None:
    resource = Listener("http", "127.0.0.1", 8080, "table").resource()
    assert resource.needs == {(ResourceType.ROUTE, "table")}
    assert "'route_config_name': 'table'" in str(readable(resource))


def test_all_addresses_are_those_of_ipv4_too() -> None:
    assert socket_address("::", 80).socket_address.ipv4_compat
    assert not socket_address("::1", 80).socket_address.ipv4_compat


def test_a_listener_needs_what_configures_its_filters_though_it_does_not_hold_it() -> None:
    resource = Listener("http", "127.0.0.1", 80, "table", (jwt_filter(),)).resource()
    assert resource.needs == {(ResourceType.ROUTE, "table"), (ResourceType.EXTENSION, JWT_FILTER)}
    (chain,) = readable(resource)["filter_chains"]
    found, _router = chain["filters"][0]["typed_config"]["http_filters"]
    assert found["disabled"]
    assert found["config_discovery"]["type_urls"] == [jwt_filter().config.type_url]
    assert "typed_config" not in found
