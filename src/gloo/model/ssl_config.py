"""How a virtual service answers over TLS: certificate, names, client certificates, versions."""

from typing import Annotated, Literal, get_args

from msgspec import Meta

from gloo.model.base import Model
from gloo.model.cipher import Cipher, KeyKind, TlsVersion, has_suite, suite_for

Alpn = Annotated[tuple[Literal["h2", "http/1.1"], ...], Meta(min_length=1)]


class SSLConfig(Model, frozen=True, kw_only=True):
    """The certificate that a virtual service answers with, and what it asks of clients."""

    secret_ref: Annotated[str, Meta(min_length=1, description="the secret that holds certificate chain and key")]
    sni_domains: Annotated[
        tuple[str, ...], Meta(description="server names that get this certificate; empty is the domains")
    ] = ()
    client_ca_secret_ref: Annotated[
        str, Meta(description="the secret whose ca.crt signs client certificates; given ones are verified")
    ] = ""
    require_client_certificate: Annotated[
        bool, Meta(description="refuse clients without a certificate; the ca.crt is secret_ref's unless named")
    ] = False
    verify_subject_alt_names: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...],
        Meta(description="a client certificate must have one of these names (DNS, URI, email, IP)"),
    ] = ()
    min_tls_version: Annotated[TlsVersion | None, Meta(description="the oldest TLS version; by default TLSv1_2")] = None
    max_tls_version: Annotated[TlsVersion | None, Meta(description="the newest TLS version; by default TLSv1_3")] = None
    cipher_suites: Annotated[
        tuple[Cipher, ...], Meta(description="ciphers below TLS 1.3, best first; without, TLS 1.0 and 1.1 have none")
    ] = ()
    alpn: Annotated[Alpn, Meta(description="protocols offered, best first")] = ("h2", "http/1.1")
    http_redirect: Annotated[bool, Meta(description="on the HTTP port, answer 301 to https for its domains")] = False
    http3: Annotated[bool, Meta(description="answer HTTP/3 too, on the UDP port of the same number")] = False

    def __post_init__(self) -> None:
        if self.verify_subject_alt_names and not self.asks_clients:
            raise ValueError("verify_subject_alt_names needs client_ca_secret_ref or require_client_certificate: true")
        if (self.min_tls_version or "TLSv1_2") > (self.max_tls_version or "TLSv1_3"):
            default = "" if self.min_tls_version else ", by default TLSv1_2,"
            raise ValueError(f"min_tls_version{default} is newer than max_tls_version")
        if not any(has_suite(version, self.cipher_suites) for version in self.versions):
            ecdsa, rsa = (suite_for(self.versions[-1], kind) for kind in get_args(KeyKind))
            raise ValueError(
                "max_tls_version keeps all clients out: below TLS 1.2 none of the cipher suites is theirs; "
                f"add {ecdsa} to cipher_suites, or {rsa} with an RSA certificate"
            )
        if self.http3 and self.asks_clients:
            raise ValueError("http3 can't be had with client certificates: Envoy asks for none over QUIC")
        if self.http3 and (self.max_tls_version or "TLSv1_3") < "TLSv1_3":
            raise ValueError("http3 needs TLS 1.3, and max_tls_version forbids it")

    @property
    def versions(self) -> tuple[TlsVersion, ...]:
        """The versions that are allowed, the oldest first."""
        oldest, newest = self.min_tls_version or "TLSv1_2", self.max_tls_version or "TLSv1_3"
        return tuple(version for version in get_args(TlsVersion) if oldest <= version <= newest)

    @property
    def asks_clients(self) -> bool:
        """Whether clients are asked for a certificate."""
        return self.require_client_certificate or bool(self.client_ca_secret_ref)

    @property
    def client_ca(self) -> str:
        """The secret that holds the authority of client certificates; empty when none is asked for."""
        return (self.client_ca_secret_ref or self.secret_ref) if self.asks_clients else ""
