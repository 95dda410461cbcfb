"""Clusters: an upstream as Envoy sees it."""

from collections.abc import Mapping
from typing import Literal

from envoy.config.cluster.v3 import cluster_pb2

from gloo.envoy.balancing import circuit_breakers, outlier_detection, set_load_balancer
from gloo.envoy.connection import set_connection
from gloo.envoy.dns import dns_discovery
from gloo.envoy.endpoint import BY_ADDRESS, NO_MARKS, Endpoint, EndpointMarks, assignment
from gloo.envoy.health_check import health_checks
from gloo.envoy.message import Message, duration, serialize
from gloo.envoy.route import FilterConfigs
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.tls import TlsSockets, UpstreamTls, upstream_tls_sockets
from gloo.model.balancing import CircuitBreakers, LoadBalancer, OutlierDetection
from gloo.model.base import Json, Value
from gloo.model.connection import Connection, Dns
from gloo.model.duration import Duration
from gloo.model.health_check import HealthCheck

__all__ = ["Cluster", "Discovery", "Endpoint"]

Discovery = Literal["static", "strict_dns", "logical_dns"]


class Cluster(Value, frozen=True):
    """Everything Envoy has to know to send requests to an upstream.

    Args:
        negotiated: over TLS *http2* is what is offered; who does not agree on it by ALPN gets HTTP/1.1.
        metadata: by namespace, for filters.
        filters: what each request meets on its way there, see `gloo.envoy.upstream_filters`.
        secrets: those that *filters* name, as Envoy gets them.
    """

    name: str
    discovery: Discovery
    endpoints: tuple[Endpoint, ...]
    connect_timeout: Duration
    tls: UpstreamTls | None = None
    http2: bool = False
    negotiated: bool = False
    ipv6: bool = False
    load_balancer: LoadBalancer | None = None
    health_checks: tuple[HealthCheck, ...] = ()
    outlier_detection: OutlierDetection | None = None
    circuit_breakers: CircuitBreakers | None = None
    connection: Connection | None = None
    dns: Dns | None = None
    proxy_protocol: Literal["v1", "v2"] | None = None
    metadata: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    filters: FilterConfigs = ()
    secrets: tuple[Resource, ...] = ()

    def resource(self) -> Resource:
        """Serialise it."""
        needs = self.tls.needs if self.tls else _NO_NEEDS
        if self.secrets:
            needs |= {(ResourceType.SECRET, secret.name) for secret in self.secrets}
        return Resource(ResourceType.CLUSTER, self.name, serialize(_message(self)), needs)


_NO_NEEDS: frozenset[Reference] = frozenset()


def _message(cluster: Cluster) -> Message:
    sockets = upstream_tls_sockets(cluster.tls, (each.host for each in cluster.endpoints)) if cluster.tls else None
    message = cluster_pb2.Cluster(
        name=cluster.name,
        connect_timeout=duration(cluster.connect_timeout),
        load_assignment=assignment(cluster.name, cluster.endpoints, _marks(cluster, sockets)),
    )
    if cluster.health_checks:
        tls = cluster.tls is not None
        message.health_checks.extend(health_checks(cluster.health_checks, http2=cluster.http2, tls=tls))
    if cluster.discovery != "static":
        message.cluster_type.CopyFrom(dns_discovery(cluster.discovery, cluster.dns, ipv6=cluster.ipv6))
    negotiated = cluster.negotiated and cluster.tls is not None
    set_connection(message, cluster.connection, http2=cluster.http2, negotiated=negotiated, filters=cluster.filters)
    _set_transport(message, cluster, sockets)
    for namespace, values in cluster.metadata:
        message.metadata.filter_metadata[namespace].update(values)
    if cluster.load_balancer is not None:
        set_load_balancer(message, cluster.load_balancer)
    if cluster.outlier_detection is not None:
        message.outlier_detection.CopyFrom(outlier_detection(cluster.outlier_detection))
    if cluster.circuit_breakers is not None:
        message.circuit_breakers.CopyFrom(circuit_breakers(cluster.circuit_breakers))
    return message


def _marks(cluster: Cluster, sockets: TlsSockets | None) -> EndpointMarks:
    if not cluster.health_checks and sockets is None:
        return NO_MARKS
    named = any(check.host for check in cluster.health_checks)  # an endpoint's own name would win over it
    return EndpointMarks(
        by_address=sockets is not None and sockets.by_address is not None,
        check_by_own_name=bool(cluster.health_checks) and not named,
    )


def _set_transport(message: Message, cluster: Cluster, sockets: TlsSockets | None) -> None:
    default = _wrapped(cluster, sockets.default if sockets else None)
    if default is not None:
        message.transport_socket.CopyFrom(default)
    if sockets is not None and sockets.by_address is not None:
        match = message.transport_socket_matches.add(name="by address")
        match.match.update({BY_ADDRESS: True})
        match.transport_socket.CopyFrom(_wrapped(cluster, sockets.by_address))


def _wrapped(cluster: Cluster, socket: Message | None) -> Message | None:
    """Return *socket* behind the PROXY protocol, if the cluster wants that."""
    if cluster.proxy_protocol is None:
        return socket
    from gloo.envoy.proxy_protocol import with_proxy_protocol  # noqa: PLC0415 - rare, and it takes time to load

    return with_proxy_protocol(cluster.proxy_protocol, socket)
