"""The route table of a configuration as frozen values: what Envoy gets, before it is written as bytes."""

from collections.abc import Mapping
from types import MappingProxyType

from gloo.envoy.jwt import Demand
from gloo.envoy.route import Route
from gloo.model.base import Value
from gloo.model.codec import ConfigObject
from gloo.model.jwt import Jwt
from gloo.model.route import Route as ModelRoute
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService
from gloo.plugins.registry import Plugins
from gloo.translator.destinations import RouteScope
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.routes import translate_route
from gloo.translator.upstreams import TranslatedUpstream, translate_upstreams
from gloo.translator.virtual_services import TranslatedVirtualService, translate_virtual_services

_REFUSALS = Refusals(by_rules=True)


class TableRoute(Value, frozen=True):
    """One route of Envoy's table.

    Args:
        index: which route of the virtual service it comes from; several may come from one.
        written: that route as its user wrote it.
        route: what Envoy gets.
        demand: the tokens that a request must bring.
    """

    index: int
    written: ModelRoute
    route: Route
    demand: Demand | None = None


class Tables(Value, frozen=True):
    """All that answers a request: virtual services with their domains, and the upstreams behind them.

    Args:
        ports: where the Envoys of each role listen, HTTP and HTTPS, as far as that is known.
    """

    config: ConfigSnapshot
    plugins: Plugins
    upstreams: Mapping[str, TranslatedUpstream]
    services: Mapping[str, TranslatedVirtualService]
    memo: Memo
    ports: Mapping[str, tuple[int, int]] = {}

    @property
    def roles(self) -> frozenset[str]:
        """The roles that virtual services name, and the usual one."""
        return frozenset((DEFAULT_ROLE, *(role for service in self.services.values() for role in service.roles)))

    def domains(self, role: str, *, secure: bool) -> tuple[tuple[str, str], ...]:
        """Return domains and the virtual services that answer for them, over TLS or in the clear."""
        return tuple(
            (domain, name)
            for name, service in self.services.items()
            if role in service.roles and service.host is not None and (service.ssl is not None) == secure
            for domain in service.domains
        )

    def redirecting_domains(self, role: str) -> tuple[tuple[str, str], ...]:
        """Return the domains whose requests in the clear are sent to HTTPS."""
        plain = {domain for domain, _ in self.domains(role, secure=False)}
        return tuple(
            (domain, name)
            for domain, name in self.domains(role, secure=True)
            if domain not in plain and (ssl := self.services[name].ssl) is not None and ssl.http_redirect
        )

    def item(self, service: str) -> ConfigObject:
        """Return the virtual service as it was written."""
        return self.config.virtual_services[service]

    def jwt(self, service: str) -> Jwt | None:
        """Return what a virtual service says of tokens."""
        value = self.item(service).value
        return value.jwt if isinstance(value, VirtualService) else None

    def problems(self, service: str) -> tuple[Problem, ...]:
        """Return what is wrong with a virtual service."""
        return self.services[service].problems

    def routes(self, service: str) -> tuple[TableRoute, ...]:
        """Return the routes of a virtual service in Envoy's order."""
        return self.memo.once(_routes, self.item(service), self)


def tables_of(
    config: ConfigSnapshot, plugins: Plugins, *, ports: Mapping[str, tuple[int, int]] = MappingProxyType({})
) -> Tables:
    """Translate *config* as far as a question about a request needs it; *ports* are as in `Tables`."""
    refusals, memo = _REFUSALS, Memo()
    upstreams = translate_upstreams(config, plugins, refusals=refusals, memo=memo)
    services = translate_virtual_services(config, upstreams, plugins=plugins, refusals=refusals, memo=memo)
    return Tables(config, plugins, upstreams, services, Memo(), ports)


def _routes(item: ConfigObject, tables: Tables) -> tuple[TableRoute, ...]:
    assert isinstance(item.value, VirtualService)
    names, tokens = tuple(tables.upstreams), tables.services[item.name].tokens
    scope = RouteScope(item.ref, item.name, tables.upstreams, names, tables.plugins, _REFUSALS, tokens)
    return tuple(
        TableRoute(index, written, placed.route, translated.demand)
        for index, written in enumerate(item.value.routes)
        for translated in (translate_route(written, index, scope),)
        for placed in translated.placed
        if placed.route is not None
    )
