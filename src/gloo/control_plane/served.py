"""Which certificates serve, noted by a digest, so that one that expired while gloo was down serves on after it.

A certificate is public; keys are written nowhere.
"""

import hashlib
from collections.abc import Mapping

from gloo.model.secret import Secret
from gloo.translator import GoodSecrets


def digests(pairs: Mapping[str, Secret]) -> dict[str, str]:
    """Return a digest of the certificate in each secret of *pairs*, by name."""
    return {name: _digest(secret) for name, secret in pairs.items()}


def served_before(secrets: Mapping[str, Secret], served: Mapping[str, str]) -> GoodSecrets:
    """Return those of *secrets* whose certificate is the one that *served* by the digests of an earlier run."""
    found = {name: secrets[name] for name in served if name in secrets}
    return GoodSecrets({name: secret for name, secret in found.items() if _digest(secret) == served[name]})


def _digest(secret: Secret) -> str:
    text = secret.data.get("tls.crt") or secret.data.get("ca_chain") or ""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
