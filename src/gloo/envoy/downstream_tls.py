"""TLS towards clients: which certificate, and what is asked of them. Certificates and keys travel as secrets (SDS)."""

import ipaddress

from envoy.config.core.v3 import base_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2, tls_pb2

from gloo.envoy.message import Message, pack, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.tls import secret_from_ads
from gloo.model.base import Value


class ClientCheck(Value, frozen=True):
    """What is asked of clients: a certificate signed by *authorities* (a secret's name in Envoy).

    Without *required*, a client may come without a certificate; one that it has must be right all the same.
    """

    authorities: str
    required: bool = True
    names: tuple[str, ...] = ()


class TlsPolicy(Value, frozen=True):
    """All of TLS but the certificate; empty values leave the choice to Envoy."""

    clients: ClientCheck | None = None
    min_version: str = ""
    max_version: str = ""
    cipher_suites: tuple[str, ...] = ()


class DownstreamTls(Value, frozen=True):
    """How a listener answers: *certificate* is the name of a secret in Envoy."""

    certificate: str
    policy: TlsPolicy = TlsPolicy()
    alpn: tuple[str, ...] = ("h2", "http/1.1")

    @property
    def needs(self) -> frozenset[Reference]:
        clients = self.policy.clients
        names = (self.certificate, clients.authorities) if clients else (self.certificate,)
        return frozenset((ResourceType.SECRET, name) for name in names)


def downstream_tls_socket(tls: DownstreamTls) -> Message:
    """Return the transport socket for TLS over TCP."""
    return base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(_context(tls, tls.alpn)))


def quic_socket(tls: DownstreamTls) -> Message:
    """Return the transport socket for QUIC, which has TLS inside."""
    from envoy.extensions.transport_sockets.quic.v3 import quic_transport_pb2  # noqa: PLC0415 - only for HTTP/3

    context = quic_transport_pb2.QuicDownstreamTransport(downstream_tls_context=_context(tls, ("h3",)))
    return base_pb2.TransportSocket(name="envoy.transport_sockets.quic", typed_config=pack(context))


def certificate_secret(name: str, chain: str, private_key: str) -> Resource:
    """Return chain and key, PEM both, as a resource."""
    secret = secret_pb2.Secret(name=name)
    secret.tls_certificate.certificate_chain.inline_string = chain
    secret.tls_certificate.private_key.inline_string = private_key
    return Resource(ResourceType.SECRET, name, serialize(secret))


def authorities_secret(name: str, pem: str) -> Resource:
    """Return the certificates of authorities as a resource."""
    secret = secret_pb2.Secret(name=name)
    secret.validation_context.trusted_ca.inline_string = pem
    return Resource(ResourceType.SECRET, name, serialize(secret))


def _context(tls: DownstreamTls, alpn: tuple[str, ...]) -> Message:
    context = tls_pb2.DownstreamTlsContext()
    common = context.common_tls_context
    common.alpn_protocols.extend(alpn)
    common.tls_certificate_sds_secret_configs.append(secret_from_ads(tls.certificate))
    _set_versions(common.tls_params, tls.policy)
    if tls.policy.clients is not None:
        _set_clients(context, tls.policy.clients)
    return context


def _set_versions(parameters: Message, policy: TlsPolicy) -> None:
    versions = common_pb2.TlsParameters.TlsProtocol
    if policy.min_version:
        parameters.tls_minimum_protocol_version = versions.Value(policy.min_version)
    if policy.max_version:
        parameters.tls_maximum_protocol_version = versions.Value(policy.max_version)
    parameters.cipher_suites.extend(policy.cipher_suites)


def _set_clients(context: Message, clients: ClientCheck) -> None:
    context.require_client_certificate.value = clients.required
    if not clients.names:
        context.common_tls_context.validation_context_sds_secret_config.CopyFrom(secret_from_ads(clients.authorities))
        return
    combined = context.common_tls_context.combined_validation_context
    combined.validation_context_sds_secret_config.CopyFrom(secret_from_ads(clients.authorities))
    for name in clients.names:
        matcher = combined.default_validation_context.match_typed_subject_alt_names.add(san_type=_kind_of(name))
        matcher.matcher.exact = name


def _kind_of(name: str) -> int:
    """Tell which kind of subject alternative name *name* is (RFC 5280, 4.2.1.6)."""
    kinds = common_pb2.SubjectAltNameMatcher
    found = kinds.URI if "://" in name else kinds.EMAIL if "@" in name else kinds.DNS
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return int(found)
    return int(kinds.IP_ADDRESS)
