"""What users write beside `spec`, put on a cluster: balancing, health, connections, TLS."""

from collections.abc import Iterator, Mapping

from gloo.envoy.cluster import Cluster
from gloo.envoy.snapshot import Resource
from gloo.envoy.tls import TRUSTED_ROOTS, UpstreamTls
from gloo.errors import ConfigError
from gloo.model.base import Value, replace
from gloo.model.duration import check_milliseconds
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.model.upstream import Upstream
from gloo.model.upstream_tls import UpstreamSslConfig

_OPTIONS = ("load_balancer", "health_checks", "outlier_detection", "circuit_breakers", "connection", "dns")


class Equipped(Value, frozen=True):
    """A cluster with its options, the secrets that it names, and warnings of options that have no effect."""

    cluster: Cluster
    secrets: tuple[Resource, ...] = ()
    warnings: tuple[Problem, ...] = ()


def with_options(cluster: Cluster, upstream: Upstream, secrets: Mapping[str, Secret]) -> Equipped:
    """Put the options of *upstream* on *cluster*; where they say nothing, what its plugins chose stays.

    Raises:
        ConfigError: options contradict each other or the kind of upstream, or a secret can't be used.
    """
    given = {name: value for name in _OPTIONS if (value := getattr(upstream, name))}
    if upstream.proxy_protocol:
        given["proxy_protocol"] = upstream.proxy_protocol
    if (http2 := _http2(cluster, upstream)) != cluster.http2:
        given["http2"] = http2
        # Neither a kind that is HTTP/2 alone nor what answers a check by gRPC could do with less.
        given["negotiated"] = all(check.grpc is None for check in upstream.health_checks)
    if given:
        cluster = replace(cluster, **given)
    _check_times(upstream)
    _check_health_checks(cluster)
    resources: tuple[Resource, ...] = ()
    if upstream.ssl_config is not None:
        tls, resources = _with_ssl(cluster.tls or UpstreamTls(), upstream, upstream.ssl_config, secrets)
        cluster = replace(cluster, tls=tls)
    return Equipped(cluster, resources, tuple(_without_effect(cluster)))


def _http2(cluster: Cluster, upstream: Upstream) -> bool:
    if upstream.http2 is False and cluster.http2:
        kind = upstream.service_info.type if upstream.service_info else upstream.type
        raise ConfigError("", "http2", f"{kind} is spoken over HTTP/2 alone", "leave http2 out")
    return bool(upstream.http2) or cluster.http2


def _check_times(upstream: Upstream) -> None:
    check_milliseconds(upstream.connection_timeout, "connection_timeout")
    check_idle_timeout(upstream)


def check_idle_timeout(upstream: Upstream) -> None:
    """Raise ConfigError for a time that would close all connections at once."""
    if upstream.connection is not None:
        check_milliseconds(upstream.connection.idle_timeout, "connection.idle_timeout", zero="for never")


def _check_health_checks(cluster: Cluster) -> None:
    hosts = {check.host is None for check in cluster.health_checks if check.tcp is None}
    for index, check in enumerate(cluster.health_checks):
        if check.grpc is not None and not cluster.http2:
            raise ConfigError("", f"health_checks[{index}].grpc", "needs HTTP/2", "write http2: true on the upstream")
        if len(hosts) > 1 and check.tcp is None and check.host is None:
            hint = "give all of them one, or none"
            raise ConfigError("", f"health_checks[{index}]", "has no host, another check has one", hint)


def _with_ssl(
    tls: UpstreamTls, upstream: Upstream, ssl: UpstreamSslConfig, secrets: Mapping[str, Secret]
) -> tuple[UpstreamTls, tuple[Resource, ...]]:
    from gloo.translator import upstream_secrets  # noqa: PLC0415 - rare, and cryptography takes time to load

    authorities = upstream_secrets.authorities(upstream.name, ssl, secrets)
    certificate = upstream_secrets.certificate(ssl, secrets)
    changed = replace(
        tls,
        sni=ssl.sni or tls.sni,
        verify=ssl.verify,
        names=ssl.subject_alt_names,
        authorities=authorities.name if authorities else TRUSTED_ROOTS,
        certificate=certificate.name if certificate else "",
    )
    return changed, tuple(resource for resource in (authorities, certificate) if resource is not None)


def _without_effect(cluster: Cluster) -> Iterator[Problem]:
    if cluster.dns is not None and cluster.discovery == "static":
        yield Problem(field="dns", problem="has no effect: there are no host names to resolve", warning=True)
