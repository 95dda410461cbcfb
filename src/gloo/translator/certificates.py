"""Which certificate a virtual service gets: the one that its secret holds, or the last good one while that is faulty.

A secret is read and verified once for as long as it is the same object. Time is an argument (seconds since 1970; None
leaves dates aside): what changes with it is
only whether a certificate is early, valid or expired, and `next_turn` says when that changes next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

from gloo.envoy.downstream_tls import authorities_secret, certificate_secret
from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError
from gloo.model.base import Value, replace
from gloo.model.cipher import KeyKind
from gloo.model.codec import ConfigObject
from gloo.model.secret import Secret
from gloo.model.status import Problem, with_hint
from gloo.model.virtual_service import VirtualService
from gloo.translator.lacking_secrets import lacking_secret
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.reports import problem_of


@dataclass(frozen=True, slots=True)
class GoodSecrets:
    """The secrets that serve, by name: as certificate with key, and as authorities of client certificates."""

    pairs: Mapping[str, Secret] = field(default_factory=dict)
    authorities: Mapping[str, Secret] = field(default_factory=dict)


class Material(Value, frozen=True):
    """A secret read for one use: what Envoy gets, or why it can't."""

    secret: Secret
    resource: Resource | None
    problem: Problem | None = None
    names: tuple[str, ...] = ()
    not_before: float = float("-inf")
    not_after: float = float("inf")
    kind: KeyKind | None = None


class Choice(Value, frozen=True):
    """The material of a secret that is used, if any.

    Args:
        material: None when there is none that can be used.
        problem: what is wrong with the secret as it is now; without a field, for several may name it.
        refused: what the secret holds now, when it is not used.
    """

    material: Material | None
    problem: Problem | None = None
    refused: Material | None = None


class Phase(Enum):
    """Where a moment lies in the life of a certificate."""

    EARLY = auto()
    VALID = auto()
    EXPIRED = auto()


def secret_names(item: ConfigObject) -> tuple[str, ...]:
    """Return the names of the secrets that a virtual service asks for."""
    service = item.value
    if not isinstance(service, VirtualService) or service.ssl_config is None:
        return ()
    names = (service.ssl_config.secret_ref, service.ssl_config.client_ca)
    return tuple(dict.fromkeys(name for name in names if name))


def choose_pair(
    name: str,
    secrets: Mapping[str, Secret],
    good: GoodSecrets,
    *,
    now: float | None,
    refusals: Refusals,
    memo: Memo,
    spoilt: str = "",
) -> Choice:
    """Choose the certificate pair of the secret *name*; *spoilt* is why there is none although it is there."""
    current = memo.once(_read_pair, secrets[name]) if name in secrets else None
    last = memo.once(_read_pair, good.pairs[name]) if name in good.pairs else None
    return _choose(_Named(name, spoilt), current, last, now=now, refusals=refusals, memo=memo)


def choose_authorities(
    name: str, secrets: Mapping[str, Secret], good: GoodSecrets, *, refusals: Refusals, memo: Memo, spoilt: str = ""
) -> Choice:
    """Choose the authorities of client certificates that the secret *name* holds; *spoilt* as `choose_pair` has it."""
    current = memo.once(_read_authorities, secrets[name]) if name in secrets else None
    last = memo.once(_read_authorities, good.authorities[name]) if name in good.authorities else None
    return _choose(_Named(name, spoilt), current, last, now=None, refusals=refusals, memo=memo)


class _Named(Value, frozen=True):
    """The name of a secret, and why there is none although it is there."""

    name: str
    spoilt: str


def next_turn(materials: Iterable[Material], now: float | None) -> float | None:
    """Return the next moment after *now* at which one of *materials* becomes valid or expires; None for never."""
    if now is None:
        return None
    moments = (moment for each in materials for moment in (each.not_before, each.not_after))
    return min((moment for moment in moments if now < moment < float("inf")), default=None)


def _read_pair(secret: Secret) -> Material:
    from gloo.model.certificate import read_pair  # noqa: PLC0415 - its library costs time that only TLS is worth

    try:
        pair = read_pair(secret.data)
    except ConfigError as error:
        return Material(secret, None, problem_of(error))
    resource = certificate_secret(f"certificate/{secret.name}", pair.chain, pair.private_key)
    return Material(secret, resource, None, pair.names, pair.not_before, pair.not_after, pair.kind)


def _read_authorities(secret: Secret) -> Material:
    from gloo.model.certificate import read_authorities  # noqa: PLC0415 - as above

    try:
        pem = read_authorities(secret.data)
    except ConfigError as error:
        return Material(secret, None, problem_of(error))
    return Material(secret, authorities_secret(f"client-ca/{secret.name}", pem))


def _choose(
    named: _Named,
    current: Material | None,
    last: Material | None,
    *,
    now: float | None,
    refusals: Refusals,
    memo: Memo,
) -> Choice:
    current, last = (_judged(each, refusals, memo) for each in (current, last))
    phase = _phase(current, now) if current else Phase.VALID
    return memo.once(_chosen, named.name, named.spoilt, current, last, phase)


def _judged(material: Material | None, refusals: Refusals, memo: Memo) -> Material | None:
    """Return *material*, unusable if Envoy refused it before."""
    if material is None or material.resource is None or material.resource.version not in refusals.reasons:
        return material
    return memo.once(_refused, material, refusals.reasons[material.resource.version])


def _refused(material: Material, reason: str) -> Material:
    return replace(material, resource=None, problem=Problem(problem=f"Envoy refuses it: {reason}"))


def _phase(material: Material, now: float | None) -> Phase:
    if now is None:
        return Phase.VALID
    if now < material.not_before:
        return Phase.EARLY
    return Phase.EXPIRED if now >= material.not_after else Phase.VALID


def _chosen(name: str, spoilt: str, current: Material | None, last: Material | None, phase: Phase) -> Choice:
    fault = _fault(name, spoilt, current, phase)
    if fault is None:
        return Choice(current)
    if last is None or last.resource is None:
        return Choice(None, fault, current)
    served = "it is still served" if last is current else "the last good one is still served"
    return Choice(last, replace(with_hint(fault, served), kept=True), current)


def _fault(name: str, spoilt: str, current: Material | None, phase: Phase) -> Problem | None:
    """Return what is wrong with *current*, or None."""
    if current is None:
        return problem_of(lacking_secret("", name, spoilt))
    if current.problem is not None:
        found = f"secret {name!r}: {current.problem.problem}"
        return Problem(problem=found, hint=current.problem.hint)
    if phase is Phase.EXPIRED:
        return Problem(problem=f"secret {name!r}: the certificate expired on {_date(current.not_after)}")
    if phase is Phase.EARLY:
        found = f"secret {name!r}: the certificate is not valid before {_date(current.not_before)}"
        return Problem(problem=found, hint="see the clock", pending=True)
    return None


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
