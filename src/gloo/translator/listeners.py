"""What listens: HTTP in the clear, HTTPS with a chain per way to answer, HTTP/3 where it is asked for.

A virtual service with `ssl_config` lives on the HTTPS side only. Virtual services that answer by one TLS policy share
a route table, so that a client may use one connection for all hosts of a certificate. Other hosts answer 421 there: a
client that proved itself for one host, or did not have to, can't slip to a host that asks for more.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gloo.envoy.downstream_tls import TlsPolicy
from gloo.envoy.listener import Listener
from gloo.envoy.route_message import route_configuration
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.model.base import replace
from gloo.model.status import Problem
from gloo.plugins.registry import Plugins
from gloo.translator.gateway import Gateway
from gloo.translator.memo import Memo
from gloo.translator.reports import located
from gloo.translator.server_names import EVERYONE, NameTable, SecureService
from gloo.translator.virtual_services import TranslatedVirtualService, VirtualHost

HTTP = "gloo-http"
HTTPS = "gloo-https"
HTTP3 = "gloo-http3"
_ELSEWHERE = "this host is not served on this connection"


def listeners(
    services: Mapping[str, TranslatedVirtualService],
    secure: Sequence[SecureService],
    table: NameTable,
    *,
    gateway: Gateway,
    plugins: Plugins,
    memo: Memo,
) -> tuple[Resource, ...]:
    """Return listeners, route tables and secrets of one role, whose virtual services these are."""
    plain = tuple(service for service in services.values() if service.ssl is None)
    redirects = tuple(_redirects(plain, secure))
    found: list[Resource] = []
    if plain or redirects or not services:  # with TLS alone, nothing answers in the clear
        found.append(memo.once(_http_listener, gateway, plugins))
        found.append(_http_table(plain, redirects, gateway))
    if table.chains:
        found += memo.once(_secure_listeners, table, gateway, plugins)
        found += _secure_tables(secure, table, gateway)
        needed = {need for resource in found for need in resource.needs}
        found += [one for each in secure for one in each.secrets if (one.type, one.name) in needed]
    return (*found, *_later_calls(services, gateway, plugins))


def _later_calls(
    services: Mapping[str, TranslatedVirtualService], gateway: Gateway, plugins: Plugins
) -> tuple[Resource, ...]:
    """Return what makes the calls that no client waits for, if any route asks for that."""
    hosts = [service.host for service in services.values() if service.host is not None and service.host.later]
    if not hosts:
        return ()
    from gloo.envoy.later import later_resources  # noqa: PLC0415 - rare, and start-up counts
    from gloo.functions.later_source import later_source  # noqa: PLC0415

    return later_resources(
        [half for host in hosts for half in host.later],
        _named(hosts),
        script=later_source(gateway.later_calls),
        filters=plugins.filters(),
    )


def domains_in_the_clear(services: Iterable[TranslatedVirtualService]) -> frozenset[str]:
    """Return the domains of those of *services* that answer over HTTP."""
    return frozenset(domain for service in services if service.ssl is None for domain in service.domains)


def redirect_problems(each: SecureService, taken: frozenset[str]) -> tuple[Problem, ...]:
    """Warn where *each* asks for a redirect that it can't have, as its domain is among those *taken* in the clear."""
    lost = [domain for domain in each.service.domains if domain in taken]
    if not lost or each.service.ssl is None or not each.service.ssl.http_redirect:
        return ()
    problem = f"there is no redirect for {', '.join(map(repr, lost))}: a virtual service without TLS answers there"
    return located(each.item, (Problem(field="ssl_config.http_redirect", problem=problem, warning=True),))


def _redirects(
    plain: Sequence[TranslatedVirtualService], secure: Sequence[SecureService]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of virtual services that redirect, and for which domains."""
    taken = domains_in_the_clear(plain) if secure else frozenset()
    for each in secure:
        if each.service.host is None:
            continue  # nothing answers there
        domains = tuple(domain for domain in each.service.domains if domain not in taken)
        if domains and each.service.ssl is not None and each.service.ssl.http_redirect:
            yield each.item.name, domains


def _http_listener(gateway: Gateway, plugins: Plugins) -> Resource:
    return Listener(HTTP, gateway.bind, gateway.http_port, HTTP, plugins.filters()).resource()


def _http_table(
    plain: Sequence[TranslatedVirtualService], redirects: Sequence[tuple[str, tuple[str, ...]]], gateway: Gateway
) -> Resource:
    hosts = [service.host for service in plain if service.host is not None]
    bodies = [host.body for host in hosts]
    if redirects:
        from gloo.envoy.fixed_host import https_host  # noqa: PLC0415 - rare, and start-up counts

        ports = {"http_port": gateway.http_port, "https_port": gateway.https_port}
        bodies += [https_host(f"{name}/redirect", domains, **ports) for name, domains in redirects]
    return _route_table(HTTP, bodies, hosts)


def _route_table(name: str, bodies: Sequence[bytes], hosts: Sequence[VirtualHost]) -> Resource:
    return route_configuration(name, tuple(bodies), _named(hosts))


def _named(hosts: Sequence[VirtualHost]) -> frozenset[Reference]:
    return frozenset((ResourceType.CLUSTER, cluster) for host in hosts for cluster in host.clusters)


def _secure_listeners(table: NameTable, gateway: Gateway, plugins: Plugins) -> tuple[Resource, ...]:
    from gloo.envoy.secure_listener import SecureChain, SecureListener  # noqa: PLC0415 - only for TLS

    chains = tuple(SecureChain(_matched(chain.names), chain.tls, _table_of(chain.tls.policy)) for chain in table.chains)
    over_quic = tuple(
        replace(chain, server_names=_matched(named.http3_names))
        for chain, named in zip(chains, table.chains, strict=True)
        if named.http3_names
    )
    where, filters = (gateway.bind, gateway.https_port), plugins.filters()
    found = [SecureListener(HTTPS, *where, chains, filters, table.refused)]
    if over_quic:
        found.append(SecureListener(HTTP3, *where, over_quic, filters, quic=True))
    return tuple(listener.resource() for listener in found)


def _matched(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if EVERYONE in names else names


def _table_of(policy: TlsPolicy) -> str:
    """Return the name of the route table of *policy*; the same policy has the same name, always."""
    if policy == TlsPolicy():
        return HTTPS
    return f"{HTTPS}/{hashlib.blake2b(repr(policy).encode(), digest_size=4).hexdigest()}"


def _secure_tables(secure: Sequence[SecureService], table: NameTable, gateway: Gateway) -> Iterator[Resource]:
    from gloo.envoy.fixed_host import error_host, http3_offer  # noqa: PLC0415 - only for TLS

    offer = http3_offer(gateway.https_port)
    for policy in dict.fromkeys(chain.tls.policy for chain in table.chains):
        own = [each for each in secure if each.service.host and each.tls is not None and each.tls.policy == policy]
        served = {each.item.name for each in own}
        hosts = [each.service.host for each in own if each.service.host is not None]
        bodies = [host.body + offer if each.http3 else host.body for host, each in zip(hosts, own, strict=True)]
        others = tuple(domain for each in secure if each.item.name not in served for domain in each.service.domains)
        if others:
            bodies.append(error_host("/elsewhere", others, status=421, reason="misdirected", message=_ELSEWHERE))
        yield _route_table(_table_of(policy), bodies, hosts)
