"""What Envoy itself rejected: by the digest of the bytes it rejected, so that an edit is tried afresh."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Refusals:
    """Envoy's reasons by the digest of what it refused.

    Args:
        by_rules: Envoy's own rules are asked as well, for a translation that no Envoy will see: routes and clusters
            are Rejected that it would refuse.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    by_rules: bool = False

    @property
    def speaks(self) -> bool:
        """Whether there is anything that could be refused; mostly there is not."""
        return self.by_rules or bool(self.reasons)

    def check_bytes(self, body: bytes) -> None:
        """Raise ConfigError if Envoy refused *body*."""
        if self.reasons:
            _raise(self.reasons.get(digest_of(body)))

    def check_resource(self, resource: Resource) -> None:
        """Raise ConfigError if Envoy refused *resource*."""
        _raise(self.reasons.get(resource.version) or (_rules().resource_fault(resource) if self.by_rules else None))

    def check_routes(self, bodies: Iterable[bytes]) -> None:
        """Raise ConfigError if Envoy refused one of the routes *bodies*."""
        for body in bodies:
            _raise(self._of_route(body))

    def refuses_route(self, body: bytes) -> bool:
        """Tell whether Envoy refused the route *body*."""
        return self._of_route(body) is not None

    def _of_route(self, body: bytes) -> str | None:
        known = self.reasons.get(digest_of(body)) if self.reasons else None
        return known or (_rules().route_fault(body) if self.by_rules else None)


def _raise(reason: str | None) -> None:
    if reason is not None:
        raise ConfigError("", "", f"Envoy refuses it: {reason}")


def _rules() -> ModuleType:
    from gloo.envoy import rules  # noqa: PLC0415 - a running gateway has no use for it

    return rules


def digest_of(body: bytes) -> str:
    """Return the digest by which *body* is known here; the same as a resource's version."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()
