"""Listeners that speak TLS, over TCP or QUIC: the name that a client asks for (SNI) chooses a chain.

Certificates are named, not held: they travel as secrets of their own, so that a new one changes no listener and drops
no connection. A change of one chain leaves the connections of all others alone, as Envoy replaces chains in place.
"""

from collections.abc import Iterator

from envoy.config.core.v3 import base_pb2
from envoy.config.listener.v3 import listener_components_pb2, listener_pb2
from envoy.extensions.filters.listener.tls_inspector.v3 import tls_inspector_pb2
from envoy.extensions.filters.network.direct_response.v3 import config_pb2 as direct_response_pb2

from gloo.envoy.connection_manager import ConnectionManager
from gloo.envoy.downstream_tls import DownstreamTls, downstream_tls_socket, quic_socket
from gloo.envoy.listener import extensions_of, socket_address
from gloo.envoy.message import Message, pack, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.stage import HttpFilter
from gloo.model.base import Value


class SecureChain(Value, frozen=True):
    """Clients that ask for one of *server_names*; empty names are all that no other chain has.

    Args:
        server_names: as Envoy knows them: whole, or ``*.`` before the last labels; sorted.
        tls: how they are answered.
        route_configuration: where their requests go.
    """

    server_names: tuple[str, ...]
    tls: DownstreamTls
    route_configuration: str


class SecureListener(Value, frozen=True):
    """An address for TLS.

    Args:
        chains: at most one of them without names.
        refused_names: the names of clients whose connection is closed at once, lest another chain answers them.
        quic: HTTP/3 on UDP, instead of TCP.
    """

    name: str
    address: str
    port: int
    chains: tuple[SecureChain, ...]
    filters: tuple[HttpFilter, ...] = ()
    refused_names: tuple[str, ...] = ()
    quic: bool = False

    def resource(self) -> Resource:
        """Serialise it."""
        message = listener_pb2.Listener(
            name=self.name,
            address=socket_address(self.address, self.port, udp=self.quic),
            filter_chains=list(_chains(self)),
        )
        if self.quic:
            message.udp_listener_config.quic_options.SetInParent()
            message.enable_reuse_port.value = True
        else:
            message.listener_filters.add(name="envoy.filters.listener.tls_inspector").typed_config.CopyFrom(
                pack(tls_inspector_pb2.TlsInspector())
            )
        return Resource(ResourceType.LISTENER, self.name, serialize(message), self._needs())

    def _needs(self) -> frozenset[Reference]:
        routes = frozenset((ResourceType.ROUTE, chain.route_configuration) for chain in self.chains)
        return routes.union(extensions_of(self.filters), *(chain.tls.needs for chain in self.chains))


def _chains(listener: SecureListener) -> Iterator[Message]:
    for chain in listener.chains:
        manager = ConnectionManager(
            chain.route_configuration,
            listener.filters,
            "http3" if listener.quic else "https",
            http3=listener.quic,
            tell_client=chain.tls.policy.clients is not None,
        )
        socket = quic_socket(chain.tls) if listener.quic else downstream_tls_socket(chain.tls)
        yield _chain(chain.server_names, manager.network_filter(), socket)
    if listener.refused_names:
        yield _chain(listener.refused_names, _closing(), None)


def _chain(names: tuple[str, ...], network_filter: Message, socket: Message | None) -> Message:
    # A chain's name is its identity in an update: the names that it answers, so that others may come and go.
    chain = listener_components_pb2.FilterChain(
        name=names[0] if names else "*",
        filter_chain_match=listener_components_pb2.FilterChainMatch(server_names=names),
        filters=[network_filter],
    )
    if socket is not None:
        chain.transport_socket.CopyFrom(socket)
    return chain


def _closing() -> Message:
    """Return the filter that closes a connection without a word: the client sees its handshake fail."""
    closed = direct_response_pb2.Config(response=base_pb2.DataSource(inline_string=""))
    return listener_components_pb2.Filter(name="envoy.filters.network.direct_response", typed_config=pack(closed))
