"""TLS towards upstreams: which name is asked for, and whose certificates are taken."""

from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2, tls_pb2

from gloo.envoy.message import Message
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.tls import TRUSTED_ROOTS, UpstreamTls, trusted_roots, upstream_tls_sockets

KINDS = common_pb2.SubjectAltNameMatcher


def context(socket: Message | None) -> Message:
    found = tls_pb2.UpstreamTlsContext()
    assert socket is not None
    assert socket.typed_config.Unpack(found)
    return found


def names(found: Message) -> list[tuple[int, str]]:
    validation = found.common_tls_context.combined_validation_context.default_validation_context
    return [(each.san_type, each.matcher.exact) for each in validation.match_typed_subject_alt_names]


def test_a_name_is_asked_for_and_must_be_in_the_certificate() -> None:
    sockets = upstream_tls_sockets(UpstreamTls(), ["a.example.org", "a.example.org"])
    found = context(sockets.default)
    assert (found.sni, names(found)) == ("a.example.org", [(KINDS.DNS, "a.example.org")])
    assert sockets.by_address is None


def test_several_names_are_each_asked_for_by_their_own() -> None:
    found = context(upstream_tls_sockets(UpstreamTls(), ["a.example.org", "b.example.org"]).default)
    assert (found.sni, found.auto_host_sni, found.auto_sni_san_validation) == ("", True, True)


def test_an_address_is_never_asked_for_but_must_be_in_the_certificate() -> None:
    found = context(upstream_tls_sockets(UpstreamTls(), ["10.0.0.1", "2001:DB8:0::1"]).default)
    assert (found.sni, found.auto_host_sni) == ("", False)
    assert names(found) == [(KINDS.IP_ADDRESS, "10.0.0.1"), (KINDS.IP_ADDRESS, "2001:db8::1")]


def test_addresses_among_names_get_a_socket_of_their_own() -> None:
    sockets = upstream_tls_sockets(UpstreamTls(), ["a.example.org", "10.0.0.1"])
    assert context(sockets.default).sni == "a.example.org"
    assert names(context(sockets.by_address)) == [(KINDS.IP_ADDRESS, "10.0.0.1")]


def test_a_given_name_is_asked_of_all_hosts() -> None:
    sockets = upstream_tls_sockets(UpstreamTls("shop.example.org"), ["a.example.org", "10.0.0.1"])
    found = context(sockets.default)
    assert (found.sni, names(found)) == ("shop.example.org", [(KINDS.DNS, "shop.example.org")])
    assert sockets.by_address is None


def test_other_names_may_be_in_the_certificate_instead() -> None:
    given = ("spiffe://mesh/shop", "10.0.0.9", "shop.example.org")
    found = context(upstream_tls_sockets(UpstreamTls(names=given), ["a.example.org", "b.example.org"]).default)
    assert names(found) == list(zip((KINDS.URI, KINDS.IP_ADDRESS, KINDS.DNS), given, strict=True))
    assert not found.auto_sni_san_validation


def test_without_verification_nothing_is_checked_and_no_authority_needed() -> None:
    tls = UpstreamTls(verify=False)
    for hosts in (["a.example.org"], ["a.example.org", "b.example.org"], ["10.0.0.1"]):
        found = context(upstream_tls_sockets(tls, hosts).default)
        assert not found.common_tls_context.HasField("combined_validation_context")
        assert not found.auto_sni_san_validation
    assert tls.needs == frozenset()


def test_authorities_and_our_certificate_are_named_and_never_in_the_cluster() -> None:
    tls = UpstreamTls("a", authorities="ca", certificate="ours")
    common = context(upstream_tls_sockets(tls, []).default).common_tls_context
    assert common.combined_validation_context.validation_context_sds_secret_config.name == "ca"
    assert [each.name for each in common.tls_certificate_sds_secret_configs] == ["ours"]
    assert tls.needs == {(ResourceType.SECRET, "ca"), (ResourceType.SECRET, "ours")}


def test_the_roots_of_the_machine_are_a_secret() -> None:
    secret = secret_pb2.Secret.FromString(trusted_roots(b"pem").body)
    assert (secret.name, secret.validation_context.trusted_ca.inline_bytes) == (TRUSTED_ROOTS, b"pem")
