"""TLS towards upstreams."""

from dataclasses import dataclass

from envoy.config.core.v3 import base_pb2, config_source_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2, tls_pb2

from gloo.envoy.message import Message, pack, serialize
from gloo.envoy.snapshot import Reference, Resource, ResourceType

TRUSTED_ROOTS = "gloo-trusted-roots"
"""The name under which every Envoy gets the certificate authorities that this machine trusts."""


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """TLS to an upstream: the name asked for by SNI, and whether the certificate must be for it."""

    sni: str
    verify: bool = True

    @property
    def needs(self) -> frozenset[Reference]:
        return frozenset({(ResourceType.SECRET, TRUSTED_ROOTS)}) if self.verify else frozenset()


def upstream_tls_socket(tls: UpstreamTls) -> Message:
    """Return the transport socket for *tls*."""
    context = tls_pb2.UpstreamTlsContext(sni=tls.sni)
    if tls.verify:
        combined = context.common_tls_context.combined_validation_context
        combined.default_validation_context.match_typed_subject_alt_names.add(
            san_type=common_pb2.SubjectAltNameMatcher.DNS
        ).matcher.exact = tls.sni
        combined.validation_context_sds_secret_config.CopyFrom(secret_from_ads(TRUSTED_ROOTS))
    return base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=pack(context))


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
