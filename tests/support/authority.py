"""A certificate authority for tests: certificates with whatever names and dates a test is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gloo.model.upstream_tls import is_address

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key, both PEM."""

    certificate: str
    private_key: str
    serial: int

    def data(self, *, chain: str = "") -> dict[str, str]:
        """Return it as cert-manager writes a secret."""
        return {"tls.crt": self.certificate + chain, "tls.key": self.private_key}


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; *certificate* is its own."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: str

    @classmethod
    def make(cls, common_name: str = "Test Authority", parent: "Authority | None" = None) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        builder = _builder(name, parent.name if parent else name, START, _later(3650))
        builder = builder.public_key(key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
        signed = builder.sign(parent.key if parent else key, hashes.SHA256())
        return cls(name, key, signed.public_bytes(Encoding.PEM).decode())

    def issue(
        self,
        *names: str,
        not_before: datetime = START,
        not_after: datetime | None = None,
        key: PrivateKey | None = None,
        passphrase: bytes = b"",
    ) -> Issued:
        """Issue a certificate for *names*, of DNS or addresses, by default valid for ten years."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(names[0] if names else "nameless"), self.name, not_before, not_after or _later(3650))
        if names:
            alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        signed = builder.public_key(key.public_key()).sign(self.key, hashes.SHA256())
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return Issued(
            signed.public_bytes(Encoding.PEM).decode(),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode(),
            signed.serial_number,
        )


def write_secret(folder: Path, name: str, data: dict[str, str]) -> None:
    """Write a secret at once, as a careful editor does."""
    folder.mkdir(exist_ok=True, mode=0o700)
    written = folder / f".{name}.new"
    written.touch(mode=0o600)
    written.write_text(yaml.safe_dump(data))
    written.replace(folder / f"{name}.yaml")


def _later(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def _alternative(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(not_before).not_valid_after(not_after)
