"""Listeners: where clients connect, in the clear."""

from envoy.config.core.v3 import address_pb2
from envoy.config.listener.v3 import listener_components_pb2, listener_pb2

from gloo.envoy.connection_manager import ConnectionManager
from gloo.envoy.message import Message, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.stage import HttpFilter, discovered_filters
from gloo.model.base import Value


class Listener(Value, frozen=True):
    """An address, and the route configuration that says where requests go."""

    name: str
    address: str
    port: int
    route_configuration: str
    filters: tuple[HttpFilter, ...] = ()

    def resource(self) -> Resource:
        """Serialise it."""
        needs = frozenset({(ResourceType.ROUTE, self.route_configuration), *extensions_of(self.filters)})
        manager = ConnectionManager(self.route_configuration, self.filters)
        message = listener_pb2.Listener(
            name=self.name,
            address=socket_address(self.address, self.port),
            filter_chains=[listener_components_pb2.FilterChain(filters=[manager.network_filter()])],
        )
        return Resource(ResourceType.LISTENER, self.name, serialize(message), needs)


def extensions_of(filters: tuple[HttpFilter, ...]) -> tuple[Reference, ...]:
    """Return the resources that hold the configuration of some of *filters*."""
    return tuple((ResourceType.EXTENSION, name) for name in discovered_filters(filters))


def socket_address(address: str, port: int, *, udp: bool = False) -> Message:
    """Return an address to listen on; ``::`` takes IPv4 too."""
    kinds = address_pb2.SocketAddress
    where = kinds(
        address=address, port_value=port, ipv4_compat=address == "::", protocol=kinds.UDP if udp else kinds.TCP
    )
    return address_pb2.Address(socket_address=where)
