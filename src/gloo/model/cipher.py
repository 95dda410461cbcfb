"""Versions of TLS, and the cipher suites that those below TLS 1.3 can use."""

from typing import Literal

TlsVersion = Literal["TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]

Cipher = Literal[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
]
"""The ciphers that Envoy's TLS library knows below TLS 1.3; with an unknown one it would refuse the whole listener."""

KeyKind = Literal["ECDSA", "RSA"]
"""What the key of a certificate is for."""


def has_suite(version: TlsVersion, ciphers: tuple[Cipher, ...], kind: KeyKind | None = None) -> bool:
    """Tell whether *version* can be spoken by one of *ciphers* with a certificate of *kind*; None is either.

    Without *ciphers* it is Envoy's own choice, all of which are of TLS 1.2. TLS 1.3 has suites of its own.
    """
    if version == "TLSv1_3" or (version == "TLSv1_2" and not ciphers):
        return True
    return any(_is_for(cipher, version, kind) for cipher in ciphers)


def suite_for(version: TlsVersion, kind: KeyKind) -> str:
    """Return the cipher suite to name for *version*, below TLS 1.3, with a certificate of *kind*."""
    return f"ECDHE-{kind}-AES128-{'GCM-SHA256' if version == 'TLSv1_2' else 'SHA'}"


def _is_for(cipher: Cipher, version: TlsVersion, kind: KeyKind | None) -> bool:
    signed_by = "ECDSA" if "ECDSA" in cipher else "RSA"
    is_old = cipher.endswith("-SHA")  # HMAC with SHA-1; those before TLS 1.2 know nothing else
    return (is_old or version == "TLSv1_2") and kind in (None, signed_by)
