"""Whom this machine trusts."""

import ssl
from pathlib import Path


def trusted_roots() -> bytes:
    """Return the certificate authorities that this machine trusts, as PEM; those of certifi where it names none."""
    named = ssl.get_default_verify_paths().cafile
    if named is None:
        import certifi  # noqa: PLC0415 - only where the machine has none

        named = certifi.where()
    return Path(named).read_bytes()
