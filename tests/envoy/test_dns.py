"""Finding the hosts of a cluster by DNS."""

import pytest
from envoy.extensions.clusters.common.dns.v3 import dns_pb2
from envoy.extensions.clusters.dns.v3 import dns_cluster_pb2

from gloo.envoy.dns import dns_discovery
from gloo.envoy.message import Message
from gloo.model.connection import Dns
from gloo.model.duration import Duration


def config(dns: Dns | None = None, *, kind: str = "strict_dns", ipv6: bool = False) -> Message:
    found = dns_cluster_pb2.DnsCluster()
    discovery = dns_discovery("logical_dns" if kind == "logical_dns" else "strict_dns", dns, ipv6=ipv6)
    assert discovery.typed_config.Unpack(found)
    return found


def test_records_are_asked_for_again_when_they_expire() -> None:
    assert config().respect_dns_ttl
    assert not config(Dns(refresh_rate=Duration(10**9))).respect_dns_ttl
    assert config(Dns(refresh_rate=Duration(10**9))).dns_refresh_rate.seconds == 1


@pytest.mark.parametrize(
    ("dns", "ipv6", "family"),
    [
        (None, False, "V4_ONLY"),
        (None, True, "ALL"),
        (Dns(family="auto"), False, "AUTO"),
        (Dns(family="v6_only"), False, "V6_ONLY"),
        (Dns(family="v4_preferred"), True, "V4_PREFERRED"),
    ],
)
def test_the_family_is_the_users_choice_else_ipv4(dns: Dns | None, ipv6: bool, family: str) -> None:
    assert config(dns, ipv6=ipv6).dns_lookup_family == dns_pb2.DnsLookupFamily.Value(family)


def test_only_a_logical_host_has_all_addresses_in_one() -> None:
    assert config(kind="logical_dns").all_addresses_in_single_endpoint
    assert not config().all_addresses_in_single_endpoint
