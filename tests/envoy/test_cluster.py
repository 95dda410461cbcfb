"""Clusters: an upstream as Envoy sees it."""

from envoy.config.cluster.v3 import cluster_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

from gloo.envoy.cluster import Cluster, Endpoint
from gloo.envoy.connection import HTTP_OPTIONS
from gloo.envoy.endpoint import BY_ADDRESS
from gloo.envoy.message import Message
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.tls import TRUSTED_ROOTS, UpstreamTls
from gloo.model.base import replace
from gloo.model.duration import Duration
from gloo.model.health_check import HealthCheck, HttpCheck, TcpCheck

PLAIN = Cluster("shop", "static", (Endpoint("10.0.0.1", 80),), Duration(10**9))
MIXED = replace(PLAIN, discovery="strict_dns", endpoints=(Endpoint("a", 80, "a"), *PLAIN.endpoints))


def message(cluster: Cluster) -> Message:
    return cluster_pb2.Cluster.FromString(cluster.resource().body)


def test_a_plain_cluster_is_an_address_and_a_timeout() -> None:
    found = message(PLAIN)
    assert [field.name for field, _ in found.ListFields()] == ["name", "connect_timeout", "load_assignment"]
    assert PLAIN.resource().needs == frozenset()


def test_the_same_cluster_is_the_same_bytes() -> None:
    assert replace(MIXED, tls=UpstreamTls()).resource() == replace(MIXED, tls=UpstreamTls()).resource()


def test_a_cluster_of_names_resolves_them() -> None:
    assert message(MIXED).cluster_type.name == "envoy.cluster.dns"


def test_a_cluster_with_tls_needs_its_authorities() -> None:
    assert replace(PLAIN, tls=UpstreamTls()).resource().needs == {(ResourceType.SECRET, TRUSTED_ROOTS)}


def test_only_addresses_among_names_need_a_socket_to_match() -> None:
    found = message(replace(MIXED, tls=UpstreamTls()))
    (match,) = found.transport_socket_matches
    assert match.match[BY_ADDRESS] is True
    assert not message(replace(PLAIN, tls=UpstreamTls())).transport_socket_matches


def test_every_socket_tells_the_clients_address_if_one_does() -> None:
    found = message(replace(MIXED, tls=UpstreamTls(), proxy_protocol="v1"))
    sockets = [found.transport_socket, found.transport_socket_matches[0].transport_socket]
    assert {each.name for each in sockets} == {"envoy.transport_sockets.upstream_proxy_protocol"}


def test_http2_is_negotiated_over_tls_alone() -> None:
    asked = replace(PLAIN, http2=True, negotiated=True)
    for cluster, expected in ((asked, False), (replace(asked, tls=UpstreamTls()), True)):
        options = http_protocol_options_pb2.HttpProtocolOptions()
        message(cluster).typed_extension_protocol_options[HTTP_OPTIONS].Unpack(options)
        assert options.HasField("auto_config") is expected
        assert options.HasField("explicit_http_config") is not expected


def test_a_check_asks_by_the_hosts_own_name_unless_it_has_one() -> None:
    own = HealthCheck(http=HttpCheck(path="/"))
    given = HealthCheck(http=HttpCheck(path="/", host="h"))
    for checks, expected in (((own,), "10.0.0.1"), ((given, HealthCheck(tcp=TcpCheck())), "")):
        (member,) = message(replace(PLAIN, health_checks=checks)).load_assignment.endpoints[0].lb_endpoints
        assert member.endpoint.health_check_config.hostname == expected
