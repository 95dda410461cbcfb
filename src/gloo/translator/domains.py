"""Who answers for which domain: each belongs to one virtual service, within a role, in the clear and over TLS."""

import re
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType

from gloo.model.base import Value
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService, domain_of

DEFAULT_ROLE = "ingress"
_DOMAIN = re.compile(r"(\*|\*?[a-z0-9_\-.]*[a-z0-9_\-]|[a-z0-9_\-][a-z0-9_\-.]*\*|\[[0-9a-f:.]+\])(:\d{1,5})?\Z")
_Key = tuple[str, bool, str]
Owners = MutableMapping[_Key, str]
"""Names of virtual services by role, whether over TLS, and domain."""
NONE_LOST: Mapping[str, Problem] = MappingProxyType({})


class Claim(Value, frozen=True):
    """What a virtual service wants to answer for: its roles, and its domains in each of them."""

    service: VirtualService
    roles: tuple[str, ...]
    domains: tuple[str, ...]
    keys: tuple[_Key, ...]
    sound: bool

    def take(self, owners: Owners) -> Mapping[str, Problem]:
        """Take the domains that nobody has in any of the roles; return why the others are lost."""
        name = self.service.name
        if self.sound and all(owners.setdefault(key, name) == name for key in self.keys):
            return NONE_LOST
        lost = {domain: problem for domain in self.domains if (problem := self._loss(domain, owners))}
        for key in self.keys:  # what is lost in one role is not held in another
            if key[2] in lost and owners.get(key) == name:
                del owners[key]
            elif key[2] not in lost:
                owners[key] = name
        return lost

    def _loss(self, domain: str, owners: Owners) -> Problem | None:
        index = next((i for i, each in enumerate(self.service.domains) if domain_of(each) == domain), None)
        field = "domains" if index is None else f"domains[{index}]"
        if not _DOMAIN.match(domain):
            hint = "a host name, or one with * as its first or last part, without scheme and path"
            return Problem(field=field, problem=f"{domain!r} is no domain", hint=hint)
        held = (owners.get(key) for key in self.keys if key[2] == domain)
        owner = next((found for found in held if found not in {None, self.service.name}), None)
        if owner is None:
            return None
        problem = f"the domain {domain!r} belongs to VirtualService/{owner}"
        return Problem(field=field, problem=problem, hint="it sorts first")


def claim_of(service: VirtualService) -> Claim:
    """Return what *service* wants to answer for."""
    roles = tuple(dict.fromkeys(service.roles)) or (DEFAULT_ROLE,)
    domains, secure = service.effective_domains, service.ssl_config is not None
    keys = tuple([(role, secure, domain) for role in roles for domain in domains])
    return Claim(service, roles, domains, keys, all(map(_DOMAIN.match, domains)))
