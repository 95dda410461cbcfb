"""Virtual services to virtual hosts: who owns which domain, and the routes below it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import ClassVar

from gloo.envoy.jwt import Demand
from gloo.envoy.route import RouteMatch
from gloo.envoy.route_message import virtual_host_bytes
from gloo.envoy.route_tree import route_fields
from gloo.errors import ConfigError
from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.route import BrokenRoute, Route
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.ssl_config import SSLConfig
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService
from gloo.plugins.registry import Plugins
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.destinations import RouteScope
from gloo.translator.domains import NONE_LOST, Claim, Loss, Owners, Since, claim_of, none_left
from gloo.translator.events import event_catch, event_fields
from gloo.translator.lacking_secrets import SpoiltSecret
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import located, problem_of
from gloo.translator.route_entries import entry_of
from gloo.translator.route_extensions import mentioned
from gloo.translator.route_table import compile_table
from gloo.translator.route_warnings import unhashed
from gloo.translator.routes import PlacedRoute, TranslatedRoute, translate_route
from gloo.translator.shadows import RouteOrder
from gloo.translator.tokens import KeyOwner, Tokens, translate_tokens
from gloo.translator.upstreams import TranslatedUpstream


class TranslatedRoutes(Value, frozen=True):
    """The routes of one virtual service: as the fields of a virtual host, and one by one. Routes may hold keys."""

    _unshown: ClassVar = ("fields", "routes", "later")

    fields: bytes
    routes: tuple[bytes, ...]
    clusters: frozenset[str]
    problems: tuple[Problem, ...]
    order: RouteOrder
    demands: frozenset[Demand] = frozenset()
    tokens: Tokens | None = None
    later: tuple[tuple[str, bytes], ...] = ()
    bugs: tuple[Bug, ...] = ()


class VirtualHost(Value, frozen=True):
    """One virtual host as Envoy gets it, and its routes in their order.

    In `later` are the other halves of those that no client waits for, by name: see `gloo.envoy.later`.
    """

    _unshown: ClassVar = ("body", "routes", "later")

    name: str
    body: bytes
    routes: tuple[bytes, ...]
    clusters: frozenset[str]
    later: tuple[tuple[str, bytes], ...] = ()


class TranslatedVirtualService(Value, frozen=True):
    """What became of one virtual service.

    Args:
        host: what Envoy gets; None when nothing of it can run.
        roles: which Envoys get it.
        problems: what is wrong with it.
        domains: those of its domains that are its own.
        ssl: how it answers over TLS; None is in the clear.
        order: its routes as their order decides between them.
        tokens: the providers of tokens that it names; None when no route can demand one.
        demands: what its routes want of them.
        bugs: what went wrong in gloo itself with it.
        beaten: all of its domains belong to others, or are none; it is sound otherwise.
    """

    host: VirtualHost | None
    roles: tuple[str, ...]
    problems: tuple[Problem, ...]
    domains: tuple[str, ...] = ()
    ssl: SSLConfig | None = None
    order: RouteOrder | None = None
    tokens: Tokens | None = None
    demands: frozenset[Demand] = frozenset()
    bugs: tuple[Bug, ...] = ()
    beaten: bool = False

    @property
    def is_rejected(self) -> bool:
        """Tell whether nothing of it can be used, through its own fault."""
        return self.host is None and not self.beaten


def translate_virtual_services(
    config: ConfigSnapshot,
    upstreams: Mapping[str, TranslatedUpstream],
    *,
    plugins: Plugins,
    refusals: Refusals,
    memo: Memo,
) -> dict[str, TranslatedVirtualService]:
    """Translate every virtual service, by name.

    A domain belongs to the oldest, and of those that are as old to the one whose name sorts first; in the clear and
    over TLS it may have two owners.
    """
    owners: Owners = {}
    seen = _Seen(config, upstreams, _Names(config.upstreams), plugins, refusals, memo)
    translated = {}
    for name in _by_age(config):
        item = config.virtual_services[name]
        try:
            translated[name] = _translated(item, seen, owners)
        except Exception as error:  # noqa: BLE001 - a bug about one virtual service must not stop the others
            bug, problem = bug_in(item.ref, error)
            translated[name] = TranslatedVirtualService(None, (), located(item, (problem,)), bugs=(bug,))
    for name, losses in seen.taken.items():
        notes = located(config.virtual_services[name], (loss.note() for loss in losses))
        translated[name] = replace(translated[name], problems=(*translated[name].problems, *notes))
    return translated


@dataclass(frozen=True, slots=True)
class _Seen:
    """What all virtual services are translated with; `taken` is what those before have kept from others."""

    config: ConfigSnapshot
    upstreams: Mapping[str, TranslatedUpstream]
    names: "_Names"
    plugins: Plugins
    refusals: Refusals
    memo: Memo
    taken: dict[str, list[Loss]] = field(default_factory=dict)


def _translated(item: ConfigObject, seen: _Seen, owners: Owners) -> TranslatedVirtualService:
    service, memo = item.value, seen.memo
    if not isinstance(service, VirtualService):
        return TranslatedVirtualService(None, (), located(item, item.problems))
    wants = memo.once(_wants, service, seen.plugins)
    named = [seen.upstreams.get(upstream) for upstream in wants.upstreams]
    names = memo.once(_same_names, *seen.names) if None in named else _NO_NAMES
    if (tokens := _tokens(item, seen.config, seen.upstreams, seen.refusals, memo)) is not None:
        wants = memo.once(_with_tokens, wants, tokens)
    routes, whole = memo.once(_translate, item, wants, seen.plugins, seen.refusals, names, *named)
    if not (lost := wants.claim.take(owners)):
        return whole
    for loss in lost.values():
        if loss.owner is not None:
            seen.taken.setdefault(loss.owner.name, []).append(loss)
    return _host(item, wants.claim, routes, seen.refusals, lost, since=seen.config.since)


def _by_age(config: ConfigSnapshot) -> list[str]:
    names = sorted(config.virtual_services)
    if config.since:
        names.sort(key=lambda name: config.since.get(name, inf))
    return names


def _tokens(
    item: ConfigObject,
    config: ConfigSnapshot,
    upstreams: Mapping[str, TranslatedUpstream],
    refusals: Refusals,
    memo: Memo,
) -> Tokens | None:
    """Return what the routes of a virtual service can demand; None when it says nothing of tokens."""
    service = item.value
    if not isinstance(service, VirtualService) or service.jwt is None:
        return None
    owners: Iterable[KeyOwner] = (
        _secret(source.secret_ref, config, memo)
        if source.secret_ref is not None
        else upstreams.get(source.upstream or "")
        for source in service.jwt.sources()
    )
    return memo.once(translate_tokens, item, service.jwt, refusals, *owners)


def _secret(name: str, config: ConfigSnapshot, memo: Memo) -> Secret | SpoiltSecret | None:
    if name not in config.secrets and name in config.spoilt:
        return memo.once(SpoiltSecret, name, config.spoilt[name])
    return config.secrets.get(name)


class _Wants(Value, frozen=True):
    """What a virtual service names: the upstreams that its routes send to, its domains, its providers of tokens."""

    upstreams: tuple[str, ...]
    claim: Claim
    tokens: Tokens | None = None


def _with_tokens(wants: _Wants, tokens: Tokens) -> _Wants:
    return _Wants(wants.upstreams, wants.claim, tokens)


class _Names(tuple[str, ...]):
    """Names of upstreams, as one object that a memo can tell apart."""


_NO_NAMES = _Names()


def _same_names(*names: str) -> _Names:
    return _Names(names)


def _wants(service: VirtualService, plugins: Plugins) -> _Wants:
    names = dict.fromkeys([name for route in service.routes for name in _names_in(route, plugins)])
    return _Wants(tuple(names), claim_of(service))


def _names_in(route: Route, plugins: Plugins) -> tuple[str, ...]:
    if route.single_destination is not None and not route.extensions:
        return (route.single_destination.upstream_name,)
    if isinstance(route, BrokenRoute) and route.rest is not None:
        route = route.rest
    return (*(destination.upstream_name for destination in route.destinations), *mentioned(route.extensions, plugins))


def _translate(
    item: ConfigObject,
    wants: _Wants,
    plugins: Plugins,
    refusals: Refusals,
    names: _Names,
    *seen: TranslatedUpstream | None,
) -> tuple[TranslatedRoutes, TranslatedVirtualService]:
    """Translate one virtual service with the upstreams that it names, in that order, as if all its domains were its."""
    routes = _translate_routes(item, wants, plugins, refusals, names, *seen)
    return routes, _host(item, wants.claim, routes, refusals, NONE_LOST, since={})


def _translate_routes(
    item: ConfigObject,
    wants: _Wants,
    plugins: Plugins,
    refusals: Refusals,
    names: _Names,
    *seen: TranslatedUpstream | None,
) -> TranslatedRoutes:
    """Translate the routes of one virtual service with the upstreams that it names, in that order."""
    service = item.value
    assert isinstance(service, VirtualService)
    known = {name: found for name, found in zip(wants.upstreams, seen, strict=True) if found is not None}
    scope = RouteScope(item.ref, item.name, known, names, plugins, refusals, wants.tokens)
    translated = [translate_route(route, index, scope) for index, route in enumerate(service.routes)]
    matches = [_matches(*each) for each in zip(service.routes, translated, strict=True)]
    entries = tuple([entry_of(index, match) for index, forms in enumerate(matches) for match in forms])
    placed = [each for route in translated for each in route.placed]
    caught = (PlacedRoute(*each) for each in event_catch(item.name, service.routes))
    placed += [each for each in caught if not refusals.refuses_route(each.body)]
    bodies = tuple([route.body for route in placed])
    plain = len(placed) == len(entries) == len(translated)  # each route has its one place
    tree = compile_table(entries if plain else [entry_of(index, route.match) for index, route in enumerate(placed)])
    told = wants.tokens.problems if wants.tokens is not None else ()
    actions = [(f"routes[{index}]", each.route.action) for index, each in enumerate(translated) if each.route]
    without_hashes = unhashed(actions, scope.balancer)
    events = event_fields(service.routes, [each.route for each in translated])
    return TranslatedRoutes(
        route_fields(bodies, tree) + events,
        bodies,
        frozenset(cluster for route in translated for cluster in route.clusters),
        (*told, *located(item, (*(problem for route in translated for problem in route.problems), *without_hashes))),
        RouteOrder(item, entries),
        frozenset(route.demand for route in translated if route.demand is not None),
        wants.tokens,
        tuple(half for route in translated for half in route.later),
        tuple(bug for route in translated for bug in route.bugs),
    )


def _matches(route: Route, translated: TranslatedRoute) -> tuple[RouteMatch, ...]:
    """Return what a route takes; an event has several forms."""
    if route.event_matcher is not None:
        return tuple(each.match for each in translated.placed)
    return (translated.match,) if translated.match is not None else ()


def _host(
    item: ConfigObject,
    claim: Claim,
    routes: TranslatedRoutes,
    refusals: Refusals,
    lost: Mapping[str, Loss],
    *,
    since: Since,
) -> TranslatedVirtualService:
    service = claim.service
    problems = routes.problems
    if item.problems or lost or claim.problems:
        told = (*item.problems, *claim.problems, *none_left(claim, lost, since))
        problems = (*located(item, told), *problems)
    domains = tuple(domain for domain in claim.domains if domain not in lost) if lost else claim.domains
    host: VirtualHost | None = None
    if domains and claim.roles:
        body = virtual_host_bytes(item.name, domains, routes.fields)
        try:
            refusals.check_bytes(body)
            host = VirtualHost(item.name, body, routes.routes, routes.clusters, routes.later)
        except ConfigError as error:
            whole = replace(problem_of(error), hint="it is left out as a whole")
            problems = (*problems, *located(item, (whole,)))
    known = (service.ssl_config, routes.order, routes.tokens, routes.demands, routes.bugs)
    beaten = not domains and not claim.hopeless
    return TranslatedVirtualService(host, claim.roles, problems, domains, *known, beaten=beaten)
