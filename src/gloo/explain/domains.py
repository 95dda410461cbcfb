"""Which virtual service answers for a host: the most specific domain wins, whatever the order.

Source: Envoy's API, `config.route.v3.VirtualHost.domains`.
"""

from collections.abc import Iterable
from typing import Literal

from gloo.explain.request import without_port
from gloo.model.base import Value

Rule = Literal["exact", "suffix", "prefix", "any"]
_ORDER: tuple[Rule, ...] = ("exact", "suffix", "prefix", "any")
_WORDS = {
    "exact": "the host itself",
    "suffix": "the longest domain that begins with *",
    "prefix": "the longest domain that ends with *",
    "any": "it takes what no other domain does",
}


class DomainChoice(Value, frozen=True):
    """A domain that a host fits.

    Args:
        service: the virtual service that has it.
        rule: how it fits.
    """

    domain: str
    service: str
    rule: Rule

    @property
    def reason(self) -> str:
        return _WORDS[self.rule]


def fitting_domains(host: str, domains: Iterable[tuple[str, str]]) -> tuple[DomainChoice, ...]:
    """Return those of *domains*, pairs of domain and virtual service, that *host* fits, the one that wins first.

    The port of *host* isn't looked at, nor the case of its letters; `*` stands for at least one character.
    """
    bare = without_port(host)
    found = (DomainChoice(domain, service, rule) for domain, service in domains if (rule := _rule(bare, domain)))
    return tuple(sorted(found, key=lambda each: (_ORDER.index(each.rule), -len(each.domain))))


def _rule(host: str, domain: str) -> Rule | None:
    domain = domain.lower()
    if domain == "*":
        return "any"
    if host == domain:
        return "exact"
    if len(host) < len(domain):
        return None
    if domain.startswith("*") and host.endswith(domain[1:]):
        return "suffix"
    return "prefix" if domain.endswith("*") and host.startswith(domain[:-1]) else None
