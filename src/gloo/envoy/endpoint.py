"""Endpoints: the addresses of a cluster's hosts."""

from collections.abc import Iterable

from envoy.config.core.v3 import address_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2

from gloo.envoy.message import Message
from gloo.model.base import Value
from gloo.model.upstream_tls import is_address

MATCH_NAMESPACE = "envoy.transport_socket_match"
HOST_NAMESPACE = "gloo.host"
"""Where the marks of a host are that users gave it."""
BY_ADDRESS = "by_address"
"""The mark of endpoints known by address alone, for a cluster whose transport sockets differ by it."""


class Endpoint(Value, frozen=True):
    """One address that requests can go to; `hostname` is what auto host rewrite and TLS use.

    With a `pipe`, the name of a Unix socket in Envoy's folder, address and port say nothing. `marks` are for functions.
    """

    address: str
    port: int
    hostname: str = ""
    pipe: str = ""
    marks: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """The name, or the address where there is none."""
        return self.hostname or self.address

    @property
    def authority(self) -> str:
        """The host as HTTP writes it."""
        return f"[{self.host}]" if ":" in self.host else self.host


class EndpointMarks(Value, frozen=True):
    """What the options of a cluster ask of each of its endpoints.

    Args:
        by_address: mark those known by address alone, for the transport socket.
        check_by_own_name: health checks ask each host by its own name.
    """

    by_address: bool = False
    check_by_own_name: bool = False


NO_MARKS = EndpointMarks()


def assignment(name: str, endpoints: Iterable[Endpoint], marks: EndpointMarks = NO_MARKS) -> Message:
    """Return the load assignment of *endpoints*, all in one locality."""
    locality = endpoint_components_pb2.LocalityLbEndpoints(lb_endpoints=[_member(each, marks) for each in endpoints])
    return endpoint_pb2.ClusterLoadAssignment(cluster_name=name, endpoints=[locality])


def _member(endpoint: Endpoint, marks: EndpointMarks) -> Message:
    member = endpoint_components_pb2.LbEndpoint(
        endpoint=endpoint_components_pb2.Endpoint(address=_address(endpoint), hostname=endpoint.hostname)
    )
    if marks.check_by_own_name:
        member.endpoint.health_check_config.hostname = endpoint.authority
    if marks.by_address and is_address(endpoint.host):
        member.metadata.filter_metadata[MATCH_NAMESPACE].update({BY_ADDRESS: True})
    if endpoint.marks:
        member.metadata.filter_metadata[HOST_NAMESPACE].update(dict(endpoint.marks))
    return member


def _address(endpoint: Endpoint) -> Message:
    if endpoint.pipe:
        return address_pb2.Address(pipe=address_pb2.Pipe(path=endpoint.pipe))
    socket = address_pb2.SocketAddress(address=endpoint.address, port_value=endpoint.port)
    return address_pb2.Address(socket_address=socket)
