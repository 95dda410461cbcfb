"""Clusters: an upstream as Envoy sees it."""

from dataclasses import dataclass
from typing import Literal

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import address_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

from gloo.envoy.message import Message, duration, pack, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.tls import UpstreamTls, upstream_tls_socket
from gloo.model.duration import Duration

HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
Discovery = Literal["static", "strict_dns", "logical_dns"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that requests can go to; `hostname` is what auto host rewrite and TLS use."""

    address: str
    port: int
    hostname: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything Envoy has to know to send requests to an upstream."""

    name: str
    discovery: Discovery
    endpoints: tuple[Endpoint, ...]
    connect_timeout: Duration
    tls: UpstreamTls | None = None
    http2: bool = False
    ipv6: bool = False

    def resource(self) -> Resource:
        """Serialise it."""
        needs = self.tls.needs if self.tls else frozenset[Reference]()
        return Resource(ResourceType.CLUSTER, self.name, serialize(_message(self)), needs)


_DISCOVERY = {
    "static": cluster_pb2.Cluster.STATIC,
    "strict_dns": cluster_pb2.Cluster.STRICT_DNS,
    "logical_dns": cluster_pb2.Cluster.LOGICAL_DNS,
}


def _message(cluster: Cluster) -> Message:
    message = cluster_pb2.Cluster(
        name=cluster.name,
        type=_DISCOVERY[cluster.discovery],
        connect_timeout=duration(cluster.connect_timeout),
        load_assignment=assignment(cluster.name, cluster.endpoints),
    )
    if cluster.discovery != "static":
        family = cluster_pb2.Cluster.ALL if cluster.ipv6 else cluster_pb2.Cluster.V4_ONLY
        message.dns_lookup_family = family
        message.respect_dns_ttl = True
    if cluster.tls is not None:
        message.transport_socket.CopyFrom(upstream_tls_socket(cluster.tls))
    if cluster.http2:
        options = http_protocol_options_pb2.HttpProtocolOptions()
        options.explicit_http_config.http2_protocol_options.SetInParent()
        message.typed_extension_protocol_options[HTTP_OPTIONS].CopyFrom(pack(options))
    return message


def assignment(name: str, endpoints: tuple[Endpoint, ...]) -> Message:
    """Return the load assignment of *endpoints*, all in one locality."""
    members = [
        endpoint_components_pb2.LbEndpoint(
            endpoint=endpoint_components_pb2.Endpoint(
                address=_address(endpoint.address, endpoint.port), hostname=endpoint.hostname
            )
        )
        for endpoint in endpoints
    ]
    locality = endpoint_components_pb2.LocalityLbEndpoints(lb_endpoints=members)
    return endpoint_pb2.ClusterLoadAssignment(cluster_name=name, endpoints=[locality])


def _address(host: str, port: int) -> Message:
    return address_pb2.Address(socket_address=address_pb2.SocketAddress(address=host, port_value=port))
