"""Configuration in, Envoy snapshots and verdicts out. Pure: no I/O, no clock, no globals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gloo.envoy.downstream_tls import DownstreamTls
from gloo.envoy.jwt import TokenProvider
from gloo.envoy.snapshot import EnvoySnapshot, Resource, ResourceType
from gloo.envoy.tls import TRUSTED_ROOTS, trusted_roots
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem, Status
from gloo.model.virtual_service import VirtualService
from gloo.plugins.base import PythonWorker
from gloo.plugins.registry import Plugins
from gloo.translator.bugs import Bug
from gloo.translator.certificates import GoodSecrets
from gloo.translator.domains import DEFAULT_ROLE, roles_of
from gloo.translator.gateway import Gateway
from gloo.translator.listeners import listeners
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import Reports, status_of
from gloo.translator.secure_services import SecureServices, name_tables, secure_problems, secure_services
from gloo.translator.shadows import RouteOrder
from gloo.translator.tokens import KnownTokens, known_tokens, tokens_resource
from gloo.translator.upstreams import TranslatedUpstream, translate_upstreams
from gloo.translator.virtual_services import (
    TranslatedVirtualService,
    VirtualHost,
    translate_virtual_services,
)
from gloo.translator.workers import workers_of

__all__ = ["NOTHING_KNOWN", "Gateway", "GoodSecrets", "RoleParts", "Translation", "translate", "translate_clusters"]


@dataclass(frozen=True, slots=True)
class RoleParts:
    """What the listeners and route tables of one role are made of: its virtual hosts, its ways to answer over TLS."""

    hosts: tuple[VirtualHost, ...] = ()
    ways: tuple[DownstreamTls, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """What one run produced.

    Args:
        snapshots: what the Envoys of each role are to have.
        reports: a verdict on each object.
        hosts: the virtual hosts of all roles.
        good: the certificates that serve now, for the next run.
        orders: the order of routes of each virtual service, by reference: see `gloo.translator.shadows`.
        next_turn: when a certificate becomes valid or expires next, in seconds since 1970: translate again then.
        workers: the processes that upstreams need on this machine, by their names.
        known: what the Envoys of each role have to know of tokens, for the next run.
        before: what they knew.
        bugs: what went wrong in gloo itself, with the objects that it went wrong with.
        rejected: the objects that can't be used at all through their own fault, by reference, and what is wrong.
        waiting: those that can't be used at all until something else is there, by reference.
        parts: what the shared resources of each role are made of.
    """

    snapshots: Mapping[str, EnvoySnapshot]
    reports: Reports
    hosts: tuple[VirtualHost, ...] = ()
    good: GoodSecrets = field(default_factory=GoodSecrets)
    orders: Mapping[str, RouteOrder] = field(default_factory=dict)
    next_turn: float | None = None
    workers: Mapping[str, PythonWorker] = field(default_factory=dict)
    known: Mapping[str, KnownTokens] = field(default_factory=dict)
    before: Mapping[str, KnownTokens] = field(default_factory=dict)
    bugs: tuple[Bug, ...] = ()
    rejected: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    parts: Mapping[str, RoleParts] = field(default_factory=dict)

    @property
    def providers(self) -> tuple[TokenProvider, ...]:
        """All issuers of tokens that an Envoy may have been told of."""
        found = (*self.known.values(), *self.before.values())
        return tuple(dict.fromkeys(provider for each in found for provider in each.providers))


def translate(
    config: ConfigSnapshot,
    plugins: Plugins,
    *,
    gateway: Gateway,
    refusals: Refusals | None = None,
    memo: Memo | None = None,
    good: GoodSecrets | None = None,
    now: float | None = None,
    before: Mapping[str, KnownTokens] | None = None,
) -> Translation:
    """Translate *config* with *plugins* for *gateway*.

    The same input always gives the same output, with or without a *memo* of earlier runs. A bad object is reported and
    left out with what points to it; it never spoils its neighbours. *refusals* holds what Envoy rejected before,
    *good* the certificates that the run before let serve, *before* what it told Envoys of tokens. *now* judges
    certificates, in seconds since 1970; without it their dates don't count.
    """
    memo, refusals = memo or Memo(), refusals or NO_REFUSALS
    upstreams = translate_upstreams(config, plugins, refusals=refusals, memo=memo)
    services = translate_virtual_services(config, upstreams, plugins=plugins, refusals=refusals, memo=memo)
    secure = secure_services(config, services, good or GoodSecrets(), now=now, refusals=refusals, memo=memo)
    roles = sorted({DEFAULT_ROLE, *gateway.by_role, *(role for each in services.values() for role in each.roles)})
    tables = name_tables(secure, roles, memo)
    clusters = _clusters(upstreams, gateway)
    known, before = _known(services, roles, memo), before or {}
    snapshots: dict[str, EnvoySnapshot] = {}
    for role in roles:
        own, place = {name: each for name, each in services.items() if role in each.roles}, gateway.of_role(role)
        found = listeners(own, secure.of_role(role), tables[role], gateway=place, plugins=plugins, memo=memo)
        tokens = memo.once(tokens_resource, known[role], before.get(role, NOTHING_KNOWN), refusals)
        snapshots[role] = EnvoySnapshot.of(*clusters, tokens, *found)
    problems = secure_problems(secure, tables, tuple(services.values()))
    reports = _reports(upstreams, services, problems, memo)
    memo.turn()
    hosts, workers = _hosts(services), workers_of(upstreams)
    orders, bugs = _orders(services), _bugs(upstreams, services, secure.bugs)
    tls, out = (secure.good, orders, secure.next_turn), _out(upstreams, services)
    parts = {role: _parts(services, secure, role) for role in roles}
    return Translation(snapshots, reports, hosts, *tls, workers, known, before, bugs, *out, parts)


NO_REFUSALS = Refusals()
NOTHING_KNOWN = KnownTokens()


def translate_clusters(
    config: ConfigSnapshot, plugins: Plugins, *, gateway: Gateway, refusals: Refusals, memo: Memo
) -> Mapping[str, EnvoySnapshot]:
    """Return the clusters of each role, and no more: what Envoy can begin with while `translate` goes on.

    What it works out stands in *memo* for `translate`.
    """
    upstreams = translate_upstreams(config, plugins, refusals=refusals, memo=memo)
    snapshot = EnvoySnapshot.of(*_clusters(upstreams, gateway))
    services = (item.value for item in config.virtual_services.values())
    named = {role for service in services if isinstance(service, VirtualService) for role in roles_of(service)}
    return dict.fromkeys(sorted({DEFAULT_ROLE, *gateway.by_role, *named}), snapshot)


def _reports(
    upstreams: Mapping[str, TranslatedUpstream],
    services: Mapping[str, TranslatedVirtualService],
    secure: Mapping[str, tuple[tuple[Problem, ...], ...]],
    memo: Memo,
) -> Reports:
    """Return the verdicts; *secure* is what is wrong with TLS, by name of the virtual service."""
    return {
        **{f"Upstream/{name}": _upstream_status(found, memo) for name, found in upstreams.items()},
        **{
            f"VirtualService/{name}": memo.once(_status, found.problems, *secure.get(name, ()))
            for name, found in services.items()
        },
    }


def _orders(services: Mapping[str, TranslatedVirtualService]) -> dict[str, RouteOrder]:
    return {f"VirtualService/{name}": each.order for name, each in services.items() if each.order is not None}


def _out(
    upstreams: Mapping[str, TranslatedUpstream], services: Mapping[str, TranslatedVirtualService]
) -> tuple[dict[str, tuple[Problem, ...]], frozenset[str]]:
    """Return what can't be used at all: through its own fault, with what is wrong; and what only waits."""
    out: list[tuple[str, TranslatedUpstream | TranslatedVirtualService]] = [
        *((f"Upstream/{name}", each) for name, each in upstreams.items() if each.accepted is None),
        *((f"VirtualService/{name}", each) for name, each in services.items() if each.host is None),
    ]
    rejected = {ref: _problems_of(each) for ref, each in out if each.is_rejected}
    return rejected, frozenset(ref for ref, each in out if each.problems and ref not in rejected)


def _problems_of(each: TranslatedUpstream | TranslatedVirtualService) -> tuple[Problem, ...]:
    return each.all_problems if isinstance(each, TranslatedUpstream) else each.problems


def _upstream_status(found: TranslatedUpstream, memo: Memo) -> Status:
    return memo.once(_status, found.problems, found.others) if found.others else memo.once(status_of, found.problems)


def _status(*problems: tuple[Problem, ...]) -> Status:
    return status_of(tuple(problem for each in problems for problem in each))


def _bugs(
    upstreams: Mapping[str, TranslatedUpstream],
    services: Mapping[str, TranslatedVirtualService],
    others: tuple[Bug, ...],
) -> tuple[Bug, ...]:
    of_upstreams = (bug for each in upstreams.values() for bug in each.bugs)
    return (*of_upstreams, *(bug for each in services.values() for bug in each.bugs), *others)


def _hosts(services: Mapping[str, TranslatedVirtualService]) -> tuple[VirtualHost, ...]:
    return tuple(service.host for service in services.values() if service.host is not None)


def _parts(services: Mapping[str, TranslatedVirtualService], secure: SecureServices, role: str) -> RoleParts:
    hosts = (each.host for each in services.values() if each.host is not None and role in each.roles)
    return RoleParts(tuple(hosts), secure.ways(role))


def _known(
    services: Mapping[str, TranslatedVirtualService], roles: Iterable[str], memo: Memo
) -> dict[str, KnownTokens]:
    """Return what the Envoys of each role have to know of tokens."""
    demanding = [service for service in services.values() if service.tokens is not None and service.host is not None]
    return {role: memo.once(_known_of, *(service for service in demanding if role in service.roles)) for role in roles}


def _known_of(*services: TranslatedVirtualService) -> KnownTokens:
    return known_tokens((service.tokens, service.demands) for service in services if service.tokens is not None)


def _clusters(upstreams: Mapping[str, TranslatedUpstream], gateway: Gateway) -> list[Resource]:
    """Return what upstreams need in Envoy. Every Envoy gets every cluster: an upstream is no route."""
    accepted = [found.accepted for found in upstreams.values() if found.accepted is not None]
    clusters = [each.cluster for each in accepted]
    secrets = [secret for each in accepted for secret in each.secrets]
    return [*clusters, *secrets, *_roots(clusters, gateway)]


def _roots(clusters: list[Resource], gateway: Gateway) -> tuple[Resource, ...]:
    needed = any((ResourceType.SECRET, TRUSTED_ROOTS) in cluster.needs for cluster in clusters)
    return (trusted_roots(gateway.trusted_roots),) if needed else ()
