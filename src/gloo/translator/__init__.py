"""Configuration in, Envoy snapshots and verdicts out. Pure: no I/O, no clock, no globals."""

from collections.abc import Mapping
from dataclasses import dataclass

from gloo.envoy.listener import Listener
from gloo.envoy.route_message import route_configuration
from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.envoy.tls import TRUSTED_ROOTS, trusted_roots
from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.registry import Plugins
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import Reports, status_of
from gloo.translator.upstreams import TranslatedUpstream, translate_upstreams
from gloo.translator.virtual_services import (
    DEFAULT_ROLE,
    TranslatedVirtualService,
    VirtualHost,
    translate_virtual_services,
)

HTTP_ROUTES = "gloo-http"


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the translator has to know of the machine: addresses, and the certificate authorities that it trusts."""

    bind: str = "::"
    http_port: int = 8080
    https_port: int = 8443
    trusted_roots: bytes = b""


@dataclass(frozen=True, slots=True)
class Translation:
    """What one run produced: what each role's Envoys are to have, a verdict on each object, and the virtual hosts."""

    snapshots: Mapping[str, EnvoySnapshot]
    reports: Reports
    hosts: tuple[VirtualHost, ...] = ()


def translate(
    config: ConfigSnapshot,
    plugins: Plugins,
    *,
    gateway: Gateway,
    refusals: Refusals | None = None,
    memo: Memo | None = None,
) -> Translation:
    """Translate *config* with *plugins* for *gateway*.

    The same input always gives the same output, with or without a *memo* of earlier runs. A bad object is reported and
    left out with what points to it; it never spoils its neighbours. *refusals* holds what Envoy rejected before.
    """
    memo, refusals = memo or Memo(), refusals or NO_REFUSALS
    upstreams = translate_upstreams(config, plugins, refusals=refusals, memo=memo)
    services = translate_virtual_services(config, upstreams, plugins=plugins, refusals=refusals, memo=memo)
    roles = {DEFAULT_ROLE, *(role for service in services.values() for role in service.roles)}
    snapshots = {role: _snapshot(role, upstreams, services, gateway, plugins) for role in sorted(roles)}
    reports = {
        **{f"Upstream/{name}": memo.once(status_of, found.problems) for name, found in upstreams.items()},
        **{f"VirtualService/{name}": memo.once(status_of, found.problems) for name, found in services.items()},
    }
    memo.turn()
    hosts = tuple(service.host for service in services.values() if service.host is not None)
    return Translation(snapshots, reports, hosts)


NO_REFUSALS = Refusals()


def _snapshot(
    role: str,
    upstreams: Mapping[str, TranslatedUpstream],
    services: Mapping[str, TranslatedVirtualService],
    gateway: Gateway,
    plugins: Plugins,
) -> EnvoySnapshot:
    """Put together what the Envoys of *role* are to have. Every Envoy gets every cluster: an upstream is no route."""
    accepted = [found.accepted for found in upstreams.values() if found.accepted is not None]
    clusters = [each.cluster for each in accepted]
    secrets = [secret for each in accepted for secret in each.secrets]
    hosts = [service.host for service in services.values() if service.host is not None and role in service.roles]
    named = frozenset((ResourceType.CLUSTER, cluster) for host in hosts for cluster in host.clusters)
    routes = route_configuration(HTTP_ROUTES, tuple(host.body for host in hosts), named)
    listener = Listener("gloo-http", gateway.bind, gateway.http_port, HTTP_ROUTES, plugins.filters())
    return EnvoySnapshot.of(*clusters, *secrets, *_roots(clusters, gateway), routes, listener.resource())


def _roots(clusters: list[Resource], gateway: Gateway) -> tuple[Resource, ...]:
    needed = any((ResourceType.SECRET, TRUSTED_ROOTS) in cluster.needs for cluster in clusters)
    return (trusted_roots(gateway.trusted_roots),) if needed else ()
