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
