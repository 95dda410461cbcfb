"""Which client gets which certificate: by the server name that it asks for (SNI).

Envoy knows whole names, names that end alike (``*.example.com``), and the rest. The most specific name wins, whoever
has it. What two virtual services claim alike stays with the one that answers for that domain, or else with the older
one, or the one whose name sorts first, and the other is told.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from gloo.envoy.downstream_tls import ClientCheck, DownstreamTls, TlsPolicy
from gloo.envoy.snapshot import Resource
from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.ssl_config import SSLConfig
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService, domain_of
from gloo.translator.certificates import Choice, Material
from gloo.translator.cipher_suites import lacking_suites
from gloo.translator.reports import located
from gloo.translator.virtual_services import TranslatedVirtualService

EVERYONE = "*"
"""The server name of clients that name none, or one that nobody has."""

_SERVER_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")


class ClaimedName(Value, frozen=True):
    """A server name, and the field that it comes from."""

    name: str
    field: str


class SecureService(Value, frozen=True):
    """A virtual service that is to answer over TLS.

    Args:
        item: what the user wrote.
        service: what became of its domains and routes.
        tls: None when it has no certificate that can be used.
        names: the server names that it asks for.
        secrets: what *tls* names.
        problems: what is wrong with certificate and names.
    """

    item: ConfigObject
    service: TranslatedVirtualService
    tls: DownstreamTls | None
    names: tuple[ClaimedName, ...]
    secrets: tuple[Resource, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def http3(self) -> bool:
        return self.service.ssl is not None and self.service.ssl.http3

    def has(self, name: str) -> bool:
        """Say whether *name* is one of its domains."""
        return name in self.service.domains


class NameChain(Value, frozen=True):
    """The names that are answered alike; *http3_names* are those of them that are answered over QUIC too."""

    tls: DownstreamTls
    names: tuple[str, ...]
    http3_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameTable:
    """Who answers which name in one role.

    Args:
        chains: one per way to answer.
        refused: names whose virtual service has no certificate, so that nobody answers them.
        problems: what virtual services have lost, by name of the virtual service.
    """

    chains: tuple[NameChain, ...] = ()
    refused: tuple[str, ...] = ()
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)


def secure_service(
    item: ConfigObject, service: TranslatedVirtualService, pair: Choice, authorities: Choice | None
) -> SecureService:
    """Put together how a virtual service answers over TLS."""
    config = service.ssl
    assert config is not None
    names, faults = _names_of(item, service, config)
    clients = "client_ca_secret_ref" if config.client_ca_secret_ref else "secret_ref"
    told = (*_told(pair, "ssl_config.secret_ref"), *_told(authorities, f"ssl_config.{clients}"))
    suites = tuple(lacking_suites(config, pair.material.kind if pair.material else None))
    problems = (*dict.fromkeys(told), *faults, *suites)
    found = SecureService(item, service, None, names, (), located(item, problems))
    if pair.material is None or (authorities is not None and authorities.material is None):
        return found
    if not all(problem.warning for problem in suites):
        return found
    materials = [pair.material, *([authorities.material] if authorities and authorities.material else [])]
    secrets = tuple(each.resource for each in materials if each.resource is not None)
    uncovered = located(item, _uncovered(pair.material, names))
    tls = _tls(config, *(secret.name for secret in secrets))
    return replace(found, tls=tls, secrets=secrets, problems=(*found.problems, *uncovered))


def name_table(*services: SecureService) -> NameTable:
    """Give each server name to one way to answer; *services* are of one role, the oldest first."""
    able = [service for service in services if service.tls is not None]
    owners = _owners(able)
    http3: set[str] = set()
    problems: dict[str, tuple[Problem, ...]] = {}
    for service in able:
        lost = tuple(_taken(each, owners[each.name]) for each in service.names if owners[each.name].tls != service.tls)
        problems[service.item.name] = located(service.item, lost)
        mine = [each.name for each in service.names if owners[each.name].tls == service.tls]
        http3.update(mine if service.http3 else ())
    refused = {each.name for service in services if service.tls is None for each in service.names}
    return NameTable(tuple(_chains(owners, http3)), tuple(sorted(refused - owners.keys() - {EVERYONE})), problems)


def _owners(services: Iterable[SecureService]) -> dict[str, SecureService]:
    """Return who decides how each name is answered: who has the domain of that name, or else who comes first."""
    owners: dict[str, SecureService] = {}
    for service in services:
        for each in service.names:
            if each.name not in owners or (service.has(each.name) and not owners[each.name].has(each.name)):
                owners[each.name] = service
    return owners


def _told(choice: Choice | None, at: str) -> Iterator[Problem]:
    if choice is not None and choice.problem is not None:
        yield msgspec.structs.replace(choice.problem, field=at)


def _taken(claim: ClaimedName, owner: SecureService) -> Problem:
    whom = "clients that name no known host" if claim.name == EVERYONE else f"clients that ask for {claim.name!r}"
    why = "it has that domain" if owner.has(claim.name) else "it is older, or its name sorts first"
    return Problem(
        field=claim.field,
        problem=f"{whom} are answered as {owner.item.ref} says",
        hint=f"{why}; give both the same ssl_config, or other sni_domains",
    )


def _chains(owners: dict[str, SecureService], http3: set[str]) -> Iterator[NameChain]:
    names: dict[DownstreamTls, list[str]] = {}
    for name, owner in owners.items():
        assert owner.tls is not None
        names.setdefault(owner.tls, []).append(name)
    for tls, mine in sorted(names.items(), key=lambda entry: min(entry[1])):
        # A chain for everyone has no names: they would only narrow it.
        yield from (NameChain(tls, some, tuple(sorted(http3 & set(some)))) for some in _split(mine))


def _split(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield the chain for everyone, and the chain for those who ask by name, as far as *names* has them."""
    if EVERYONE in names:
        yield (EVERYONE,)
    if named := tuple(sorted(name for name in names if name != EVERYONE)):
        yield named


def _tls(config: SSLConfig, certificate: str, authorities: str = "") -> DownstreamTls:
    required, names = config.require_client_certificate, config.verify_subject_alt_names
    clients = ClientCheck(authorities, required, names) if authorities else None
    policy = TlsPolicy(clients, config.min_tls_version or "", config.max_tls_version or "", config.cipher_suites)
    return DownstreamTls(certificate, policy, config.alpn)


def _names_of(
    item: ConfigObject, service: TranslatedVirtualService, config: SSLConfig
) -> tuple[tuple[ClaimedName, ...], tuple[Problem, ...]]:
    """Return the server names that a virtual service asks for, and those of its domains that can't be one."""
    assert isinstance(item.value, VirtualService)
    if config.sni_domains:
        asked = enumerate(config.sni_domains)
        written = [(domain_of(each) if each else "", f"ssl_config.sni_domains[{index}]") for index, each in asked]
    else:
        fields = {domain_of(each): f"domains[{index}]" for index, each in reversed(list(enumerate(item.value.domains)))}
        written = [(domain, fields.get(domain, "domains")) for domain in service.domains]
    names = {domain: _server_name(domain) for domain, _ in written}
    usable = any(names.values())
    problems = (_unusable(domain, at, warning=usable) for domain, at in written if names[domain] is None)
    claims = {name: ClaimedName(name, at) for domain, at in reversed(written) if (name := names[domain]) is not None}
    return tuple(reversed(claims.values())), tuple(problems)


def _server_name(domain: str) -> str | None:
    """Return the server name by which Envoy knows clients that ask for *domain*; None if it can't."""
    if domain == EVERYONE or _is_address(domain):
        return EVERYONE if domain == EVERYONE else None
    if domain.startswith("*") and not domain.startswith("*."):
        domain = f"*.{domain.partition('.')[2]}"  # only whole labels are told apart
    return domain if _SERVER_NAME.match(domain) else None


def _is_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True


def _unusable(domain: str, at: str, *, warning: bool) -> Problem:
    if _is_address(domain):
        problem = f"clients never ask for an address such as {domain!r} by SNI (RFC 6066)"
    else:
        problem = f"clients can't be told by SNI to ask for {domain!r}"
    hint = "give ssl_config.sni_domains, e.g. *.example.com" if at.startswith("domains") else "e.g. *.example.com"
    return Problem(field=at, problem=problem, hint=hint, warning=warning)


def _uncovered(pair: Material, names: tuple[ClaimedName, ...]) -> Iterable[Problem]:
    """Yield a warning if the certificate isn't for all of *names*."""
    missing = [each.name for each in names if each.name != EVERYONE and not _covers(pair.names, each.name)]
    if missing:
        problem = f"the certificate is not for {_listed(missing)}: clients that check names refuse it"
        hint = f"it is for {_listed(pair.names)}" if pair.names else "it is for no DNS name"
        yield Problem(field="ssl_config.secret_ref", problem=problem, hint=hint, warning=True)


def _covers(names: tuple[str, ...], name: str) -> bool:
    """Tell whether a certificate for *names* is for *name*; `*` stands for one label (RFC 9525)."""
    return name in names or f"*.{name.partition('.')[2]}" in names


def _listed(names: Iterable[str]) -> str:
    first = [repr(name) for name in names]
    return ", ".join([*first[:5], *([f"{len(first) - 5} more"] if len(first) > 5 else [])])
