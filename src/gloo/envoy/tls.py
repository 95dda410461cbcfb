"""TLS towards upstreams: which name is asked for, whose certificates are taken, and which one of ours is shown.

Certificates and keys travel as secrets (SDS); a cluster holds only their names.
"""

import ipaddress
from collections.abc import Iterable

from envoy.config.core.v3 import base_pb2, config_source_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2, tls_pb2

from gloo.envoy.message import Message, pack, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.model.base import Value
from gloo.model.upstream_tls import is_address

TRUSTED_ROOTS = "gloo-trusted-roots"
"""The name under which every Envoy gets the certificate authorities that this machine trusts."""


class UpstreamTls(Value, frozen=True):
    """TLS to an upstream.

    Args:
        sni: the name asked for by all hosts; empty asks each host by its own. A cluster that gets its endpoints later
            must give it, or the names below: of a bare address nothing can be verified but the signature.
        verify: the certificate must be signed by *authorities*, and for the name (or address) that is asked for.
        names: DNS names, addresses or URIs of which the certificate must have one, in place of the name asked for.
        authorities: the secret in Envoy that holds the certificate authorities.
        certificate: the secret in Envoy that holds our own certificate; empty for none.
    """

    sni: str = ""
    verify: bool = True
    names: tuple[str, ...] = ()
    authorities: str = TRUSTED_ROOTS
    certificate: str = ""

    @property
    def needs(self) -> frozenset[Reference]:
        names = ((self.authorities,) if self.verify else ()) + ((self.certificate,) if self.certificate else ())
        return frozenset((ResourceType.SECRET, name) for name in names)


class TlsSockets(Value, frozen=True):
    """The transport socket of a cluster's endpoints, and another one for those known by address alone, if need be."""

    default: Message
    by_address: Message | None = None


def upstream_tls_sockets(tls: UpstreamTls, hosts: Iterable[str]) -> TlsSockets:
    """Return the transport sockets for endpoints with these *hosts*: names, or IP addresses.

    No SNI is sent to an address (RFC 6066, section 3); there the certificate must be for the address. Any of the
    upstream's addresses will do: a host that can show another's certificate could have had its requests anyway.
    """
    if tls.sni:
        return TlsSockets(_socket(tls, tls.sni, (tls.sni,)))
    distinct = dict.fromkeys(hosts)
    names = tuple(host for host in distinct if not is_address(host))
    addresses = tuple(str(ipaddress.ip_address(host)) for host in distinct if is_address(host))
    if addresses and not names:
        return TlsSockets(_socket(tls, "", addresses))
    by_name = _socket(tls, names[0], names) if len(names) == 1 else _socket_by_own_name(tls)
    return TlsSockets(by_name, _socket(tls, "", addresses) if addresses else None)


def _socket(tls: UpstreamTls, sni: str, names: tuple[str, ...]) -> Message:
    context = _context(tls, tls.names or names)
    context.sni = sni
    return _packed(context)


def _socket_by_own_name(tls: UpstreamTls) -> Message:
    """Return the socket that asks each endpoint by its own name, and wants a certificate for just that name."""
    context = _context(tls, tls.names)
    context.auto_host_sni = True
    context.auto_sni_san_validation = tls.verify and not tls.names
    return _packed(context)


def _context(tls: UpstreamTls, names: tuple[str, ...]) -> Message:
    context = tls_pb2.UpstreamTlsContext()
    common = context.common_tls_context
    if tls.certificate:
        common.tls_certificate_sds_secret_configs.append(secret_from_ads(tls.certificate))
    if tls.verify:
        combined = common.combined_validation_context
        combined.default_validation_context.SetInParent()
        for name in names:
            combined.default_validation_context.match_typed_subject_alt_names.append(_subject_alt_name(name))
        combined.validation_context_sds_secret_config.CopyFrom(secret_from_ads(tls.authorities))
    return context


def _packed(context: Message) -> Message:
    return base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))


def _subject_alt_name(name: str) -> Message:
    """Return the matcher of *name*; of a DNS name a certificate may hold the form with a wildcard."""
    kinds = common_pb2.SubjectAltNameMatcher
    matcher = kinds(san_type=kinds.URI if "://" in name else kinds.DNS)
    matcher.matcher.exact = name
    if is_address(name):
        matcher.san_type = kinds.IP_ADDRESS
        matcher.matcher.exact = str(ipaddress.ip_address(name))
    return matcher


def secret_from_ads(name: str) -> Message:
    """Return the reference to a secret that arrives over the stream that everything arrives over."""
    source = config_source_pb2.ConfigSource(resource_api_version=config_source_pb2.ApiVersion.V3)
    source.ads.SetInParent()
    return secret_pb2.SdsSecretConfig(name=name, sds_config=source)


def trusted_roots(pem: bytes) -> Resource:
    """Return the certificate authorities in *pem* as the resource that upstream TLS refers to."""
    secret = secret_pb2.Secret(name=TRUSTED_ROOTS)
    secret.validation_context.trusted_ca.inline_bytes = pem
    return Resource(ResourceType.SECRET, TRUSTED_ROOTS, serialize(secret))
