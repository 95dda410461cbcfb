"""Finding the hosts of a cluster by DNS.

The fields of a cluster that say the same are deprecated: Envoy would log a warning for each cluster that has them.
"""

from typing import Literal

from envoy.config.cluster.v3 import cluster_pb2
from envoy.extensions.clusters.common.dns.v3 import dns_pb2
from envoy.extensions.clusters.dns.v3 import dns_cluster_pb2

from gloo.envoy.message import Message, duration, pack
from gloo.model.connection import Dns


def dns_discovery(kind: Literal["strict_dns", "logical_dns"], dns: Dns | None, *, ipv6: bool) -> Message:
    """Return the cluster type: every address of a name is a host (strict), or one after the other is the one host."""
    dns = dns or Dns()
    family = dns.family or ("all" if ipv6 else "v4_only")
    config = dns_cluster_pb2.DnsCluster(
        dns_lookup_family=dns_pb2.DnsLookupFamily.Value(family.upper()),
        respect_dns_ttl=dns.respects_ttl,
        all_addresses_in_single_endpoint=kind == "logical_dns",
    )
    if dns.refresh_rate is not None:
        config.dns_refresh_rate.CopyFrom(duration(dns.refresh_rate))
    return cluster_pb2.Cluster.CustomClusterType(name="envoy.cluster.dns", typed_config=pack(config))
