"""Virtual services that answer over TLS: certificates chosen, names claimed, faults told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gloo.envoy.downstream_tls import DownstreamTls
from gloo.errors import ConfigError
from gloo.model.base import replace
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.translator.bugs import Bug, bug_in
from gloo.translator.certificates import (
    Choice,
    GoodSecrets,
    choose_authorities,
    choose_pair,
    next_turn,
)
from gloo.translator.listeners import domains_in_the_clear, redirect_problems
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import located, problem_of
from gloo.translator.server_names import NameTable, SecureService, name_table, secure_service
from gloo.translator.virtual_services import TranslatedVirtualService

_NOBODY = NameTable()


@dataclass(frozen=True, slots=True)
class SecureServices:
    """All of TLS in one translation.

    Args:
        services: the oldest first.
        good: the secrets that serve from now on.
        next_turn: when a certificate becomes valid or expires next, in seconds since 1970; None for never.
    """

    services: tuple[SecureService, ...] = ()
    good: GoodSecrets = field(default_factory=GoodSecrets)
    next_turn: float | None = None
    bugs: tuple[Bug, ...] = ()

    def ways(self, role: str) -> tuple[DownstreamTls, ...]:
        """Return all ways of *role* to answer over TLS, each once."""
        return tuple(dict.fromkeys(each.tls for each in self.of_role(role) if each.tls is not None))

    def of_role(self, role: str) -> tuple[SecureService, ...]:
        return tuple(each for each in self.services if role in each.service.roles)


def secure_services(
    config: ConfigSnapshot,
    services: Mapping[str, TranslatedVirtualService],
    good: GoodSecrets,
    *,
    now: float | None,
    refusals: Refusals,
    memo: Memo,
) -> SecureServices:
    """Choose certificates for *services*; *good* are the secrets that served before."""
    found: list[SecureService] = []
    pairs: dict[str, Choice] = {}
    authorities: dict[str, Choice] = {}
    bugs: list[Bug] = []
    for name, service in services.items():
        if service.ssl is None:
            continue
        secret, clients = service.ssl.secret_ref, service.ssl.client_ca
        item, spoilt = config.virtual_services[name], config.spoilt
        try:
            if secret not in pairs:
                pairs[secret] = choose_pair(
                    secret, config.secrets, good, now=now, refusals=refusals, memo=memo, spoilt=spoilt.get(secret, "")
                )
            if clients and clients not in authorities:
                authorities[clients] = choose_authorities(
                    clients, config.secrets, good, refusals=refusals, memo=memo, spoilt=spoilt.get(clients, "")
                )
            choices = pairs[secret], authorities.get(clients)
            one = memo.once(secure_service, item, service, *choices)
            found.append(memo.once(_unless_refused, one, refusals) if refusals.reasons else one)
        except Exception as error:  # noqa: BLE001 - a bug about one virtual service must not stop the others
            bug, problem = bug_in(item.ref, error, at="ssl_config")
            bugs.append(bug)
            found.append(SecureService(item, service, None, (), (), located(item, (problem,))))
    materials = [choice.material for choice in pairs.values() if choice.material is not None]
    waiting = [choice.refused for choice in pairs.values() if choice.refused is not None]
    serving = GoodSecrets(_secrets(pairs), _secrets(authorities))
    return SecureServices(tuple(found), serving, next_turn((*materials, *waiting), now), tuple(bugs))


def tls_bytes(tls: DownstreamTls) -> bytes:
    """Return what stands for *tls* among refusals."""
    return repr(tls).encode()


def _unless_refused(service: SecureService, refusals: Refusals) -> SecureService:
    if service.tls is None:
        return service
    try:
        refusals.check_bytes(tls_bytes(service.tls))
    except ConfigError as error:
        told = located(service.item, (problem_of(error, "ssl_config"),))
        return replace(service, tls=None, secrets=(), problems=(*service.problems, *told))
    return service


def name_tables(secure: SecureServices, roles: Iterable[str], memo: Memo) -> dict[str, NameTable]:
    """Return who answers which name, by role."""
    in_roles = {role: secure.of_role(role) for role in roles}
    return {role: memo.once(name_table, *each) if each else _NOBODY for role, each in in_roles.items()}


def secure_problems(
    secure: SecureServices,
    tables: Mapping[str, NameTable],
    services: Sequence[TranslatedVirtualService],
) -> dict[str, tuple[tuple[Problem, ...], ...]]:
    """Return what is wrong with TLS, by name of the virtual service."""
    if not secure.services:
        return {}
    clear = {role: domains_in_the_clear(each for each in services if role in each.roles) for role in tables}
    problems: dict[str, tuple[tuple[Problem, ...], ...]] = {}
    for each in secure.services:
        roles = [role for role in each.service.roles if role in tables]
        lost = dict.fromkeys(tables[role].problems.get(each.item.name, ()) for role in roles)
        redirects = dict.fromkeys(redirect_problems(each, clear[role]) for role in roles)
        problems[each.item.name] = (each.problems, *lost, *redirects)
    return problems


def _secrets(choices: Mapping[str, Choice]) -> dict[str, Secret]:
    return {name: choice.material.secret for name, choice in choices.items() if choice.material is not None}
