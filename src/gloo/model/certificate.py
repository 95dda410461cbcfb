"""Certificates and private keys: what must be right before a proxy is told to use them.

A faulty pair that reaches a proxy fails at the handshake, or makes it refuse a whole listener; here it is told while
the pair before it still serves. Only text comes in and goes out: no clock is read, so validity in time is given as
two moments for the caller to compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gloo.errors import ConfigError
from gloo.model.cipher import KeyKind

_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_LEAST_RSA_BITS = 2048  # Envoy refuses shorter keys


@dataclass(frozen=True, slots=True)
class CertificatePair:
    """A certificate chain with the key of its first certificate, verified to belong together.

    Args:
        chain: PEM, the server's own certificate first, nothing else in it.
        private_key: PEM, PKCS #8.
        names: the DNS names that the certificate is for, in lower case.
        not_before: seconds since 1970.
        not_after: seconds since 1970.
        kind: what the key is for.
    """

    chain: str = field(repr=False)
    private_key: str = field(repr=False)
    names: tuple[str, ...]
    not_before: float
    not_after: float
    kind: KeyKind


def read_pair(data: Mapping[str, str]) -> CertificatePair:
    """Read chain and key from a secret's *data*: `tls.crt` and `tls.key`, or `ca_chain` and `private_key`.

    Raises:
        ConfigError: a key is missing, a text is no PEM, the parts don't belong together, or Envoy can't use them.
    """
    crt, key = ("tls.crt", "tls.key") if "tls.crt" in data or "tls.key" in data else ("ca_chain", "private_key")
    missing = [name for name in (crt, key) if not data.get(name)]
    if missing:
        raise ConfigError("", "", f"has no key {missing[0]!r}", "tls.crt and tls.key, or ca_chain and private_key")
    chain = _certificates(data[crt], crt)
    private_key = _private_key(data[key], key)
    _check_pair(chain, private_key, crt)
    _check_order(chain, crt)
    return CertificatePair(
        _pem(chain),
        private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        _names(chain[0]),
        chain[0].not_valid_before_utc.timestamp(),
        chain[0].not_valid_after_utc.timestamp(),
        "RSA" if isinstance(private_key, rsa.RSAPrivateKey) else "ECDSA",
    )


def read_authorities(data: Mapping[str, str]) -> str:
    """Read the certificates of authorities from a secret's `ca.crt`, or from a `ca_chain` without a key, as PEM.

    Raises:
        ConfigError: there is none, or the text is no PEM.
    """
    alone = "ca_chain" in data and "private_key" not in data  # beside a key, ca_chain is the server's own chain
    name = "ca_chain" if alone and not data.get("ca.crt") else "ca.crt"
    if not data.get(name):
        raise ConfigError("", "", "has no key 'ca.crt'", "the certificates that sign those of clients, as PEM")
    return _pem(_certificates(data[name], name))


def _certificates(text: str, name: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ConfigError("", "", f"{name} is no certificate in PEM form", "-----BEGIN CERTIFICATE-----") from error


def _private_key(text: str, name: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(text.encode(), None)
    except TypeError as error:
        raise ConfigError("", "", f"{name} is encrypted", "give it without a passphrase") from error
    except (ValueError, UnsupportedAlgorithm):  # the cause is left out: no one vouches for what its text tells
        raise ConfigError("", "", f"{name} is no private key in PEM form", "-----BEGIN PRIVATE KEY-----") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES):
        return key
    raise ConfigError("", "", f"{name} is of a kind that Envoy can't use", "RSA from 2048 bits, or ECDSA P-256/384/521")


def _check_pair(chain: list[x509.Certificate], key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: str) -> None:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    matching = [index for index, certificate in enumerate(chain) if _public_bytes(certificate) == public]
    if not matching:
        raise ConfigError("", "", f"the private key does not belong to the certificate in {name}")
    if 0 not in matching:
        hint = "the server's own certificate comes first, then the one that issued it, and so on"
        raise ConfigError("", "", f"the private key belongs to certificate {matching[0] + 1} of {name}", hint)


def _public_bytes(certificate: x509.Certificate) -> bytes:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_order(chain: list[x509.Certificate], name: str) -> None:
    for number, (issued, issuer) in enumerate(pairwise(chain), start=1):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise ConfigError(
                "",
                "",
                f"certificate {number + 1} of {name} did not issue certificate {number}",
                "the server's own certificate comes first, then the one that issued it, and so on",
            ) from error


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()  # clients look at no other place for names (RFC 9525)
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


def _pem(certificates: list[x509.Certificate]) -> str:
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)
