"""Who answers for which domain: each belongs to one virtual service, within a role, in the clear and over TLS."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from math import inf
from types import MappingProxyType

from gloo.model.base import NAME_RULE, Value, is_name
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService, domain_of

DEFAULT_ROLE = "ingress"
_DOMAIN = re.compile(r"(?!.*\.\.)(\*|\*?[a-z0-9_\-.]*[a-z0-9_\-]|[a-z0-9_\-][a-z0-9_\-.]*\*|\[[0-9a-f:.]+\])\Z")
_PORT = re.compile(r":\d+\Z")
_Key = tuple[str, bool, str]
Owners = MutableMapping[_Key, "Claim"]
"""Who has a domain, by role, whether over TLS, and domain."""
Since = Mapping[str, float]
"""When gloo first saw each virtual service, by name; one that is missing is the youngest."""


class Claim(Value, frozen=True):
    """What a virtual service wants to answer for: its roles, and its domains in each of them.

    In `problems` are those of its roles that can't be one.
    """

    service: VirtualService
    roles: tuple[str, ...]
    domains: tuple[str, ...]
    keys: tuple[_Key, ...]
    sound: bool
    problems: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def hopeless(self) -> bool:
        """Tell whether none of its domains can be one."""
        return not self.sound and not any(map(_DOMAIN.match, self.domains))

    def take(self, owners: Owners) -> "Mapping[str, Loss]":
        """Take the domains that nobody has in any of the roles; return how the others are lost."""
        if self.sound and all(owners.setdefault(key, self) is self for key in self.keys):
            return NONE_LOST
        lost = {domain: loss for domain in self.domains if (loss := self._loss(domain, owners))}
        for key in self.keys:  # what is lost in one role is not held in another
            if key[2] in lost and owners.get(key) is self:
                del owners[key]
            elif key[2] not in lost:
                owners[key] = self
        return lost

    def place(self, domain: str) -> tuple[str, str]:
        """Return the field that *domain* comes from, and how it is written there."""
        for index, written in enumerate(self.service.domains):
            if domain_of(written) == domain:
                return f"domains[{index}]", written
        return "domains", ""

    def _loss(self, domain: str, owners: Owners) -> "Loss | None":
        if not _DOMAIN.match(domain):
            return Loss(domain, self)
        held = (owners.get(key) for key in self.keys if key[2] == domain)
        owner = next((found for found in held if found is not None and found is not self), None)
        return Loss(domain, self, owner) if owner is not None else None


class Loss(Value, frozen=True):
    """A domain that a virtual service does not get: another one has it, or it is none."""

    domain: str
    loser: Claim
    owner: Claim | None = None

    def problem(self, since: Since) -> Problem:
        """Return what the one that lost is told."""
        field, written = self.loser.place(self.domain)
        if self.owner is None:
            is_port = bool(_DOMAIN.match(_PORT.sub("", self.domain)))
            hint = "a host name, or one with * as its first or last part, without scheme and path"
            hint = "a port is 1 to 65535" if is_port else hint
            return Problem(field=field, problem=f"{written!r} is no domain", hint=hint)
        older = since.get(self.owner.name, inf) < since.get(self.loser.name, inf)
        why = "it is older" if older else "its name sorts first"
        at = self._differently(self.owner)
        problem = f"{self._said(self.loser)} belongs to VirtualService/{self.owner.name}{at}"
        return Problem(field=field, problem=problem, hint=f"{why}{_ports(self.loser, self.owner, self.domain)}")

    def note(self) -> Problem:
        """Return what the one that has it is told: it keeps it."""
        assert self.owner is not None
        field, _ = self.owner.place(self.domain)
        at = self._differently(self.loser, self.owner)
        problem = f"VirtualService/{self.loser.name} claims {self._said(self.owner)} too{at}: it does not get it"
        hint = _ports(self.loser, self.owner, self.domain).removeprefix("; ")
        return Problem(field=field, problem=problem, hint=hint, warning=True)

    def _said(self, claim: Claim) -> str:
        written = claim.place(self.domain)[1]
        return f"the domain {written or '*'!r}"

    def _differently(self, other: Claim, than: Claim | None = None) -> str:
        """Return how *other* writes the domain, if it does so in another way."""
        written = other.place(self.domain)[1] or "*"
        return "" if written == ((than or self.loser).place(self.domain)[1] or "*") else f", as {written!r}"


NONE_LOST: Mapping[str, Loss] = MappingProxyType({})


def claim_of(service: VirtualService) -> Claim:
    """Return what *service* wants to answer for."""
    roles = roles_of(service)
    domains, secure = service.effective_domains, service.ssl_config is not None
    keys = tuple([(role, secure, domain) for role in roles for domain in domains])
    return Claim(service, roles, domains, keys, all(map(_DOMAIN.match, domains)), tuple(_bad_roles(service)))


def roles_of(service: VirtualService) -> tuple[str, ...]:
    """Return which Envoys get *service*; a role that can't be one is left out."""
    if not service.roles:
        return (DEFAULT_ROLE,)
    return tuple(role for role in dict.fromkeys(service.roles) if is_name(role))


def _bad_roles(service: VirtualService) -> Iterator[Problem]:
    for index, role in enumerate(service.roles):
        if is_name(role):
            continue
        hint = NAME_RULE
        if not role:
            hint = f"leave roles out for {DEFAULT_ROLE}"
        elif "~" in role:
            hint = f"a node id is ROLE~NAME, and its role ends before the first ~: {role.partition('~')[0]!r}"
        yield Problem(field=f"roles[{index}]", problem=f"{role!r} is no role", hint=hint)


def none_left(claim: Claim, losses: Mapping[str, Loss], since: Since) -> Iterator[Problem]:
    """Yield what a virtual service is told of its *losses*, first of all if they leave it nothing."""
    if losses and len(losses) == len(claim.domains):
        problem = "it answers no request: none of its domains is left to it"
        yield Problem(field="domains", problem=problem, hint="give it a domain that nobody has")
    yield from (loss.problem(since) for loss in losses.values())


def _ports(one: Claim, other: Claim, domain: str) -> str:
    """Say that ports do not count, where one was written."""
    written = (each.place(domain)[1] for each in (one, other))
    return "; ports don't count" if any(_PORT.search(each) for each in written) else ""
