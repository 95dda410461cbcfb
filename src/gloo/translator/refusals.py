"""What Envoy itself rejected: by the digest of the bytes it rejected, so that an edit is tried afresh."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gloo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Refusals:
    """Envoy's reasons by the digest of what it refused."""

    reasons: Mapping[str, str] = field(default_factory=dict)

    def check(self, digest: str) -> None:
        """Raise ConfigError if Envoy refused the bytes of *digest*."""
        if digest in self.reasons:
            raise ConfigError("", "", f"Envoy refuses it: {self.reasons[digest]}")

    def refuses(self, body: bytes) -> bool:
        """Tell whether Envoy refused *body*."""
        return bool(self.reasons) and digest_of(body) in self.reasons

    def check_bytes(self, body: bytes) -> None:
        """Raise ConfigError if Envoy refused *body*."""
        if self.reasons:
            self.check(digest_of(body))


def digest_of(body: bytes) -> str:
    """Return the digest by which *body* is known here; the same as a resource's version."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()
