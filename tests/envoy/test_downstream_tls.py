from google.protobuf import json_format
from tests.support.authority import Authority

from gloo.envoy.downstream_tls import (
    ClientCheck,
    DownstreamTls,
    TlsPolicy,
    authorities_secret,
    certificate_secret,
    downstream_tls_socket,
    quic_socket,
)
from gloo.envoy.message import Message
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json


def written(socket: Message) -> Json:
    return json_format.MessageToDict(socket, preserving_proto_field_name=True)["typed_config"]


def test_a_certificate_is_named_not_held() -> None:
    tls = DownstreamTls("certificate/one")
    common = written(downstream_tls_socket(tls))["common_tls_context"]
    assert common["alpn_protocols"] == ["h2", "http/1.1"]
    assert [each["name"] for each in common["tls_certificate_sds_secret_configs"]] == ["certificate/one"]
    assert tls.needs == {(ResourceType.SECRET, "certificate/one")}


def test_quic_offers_http3_with_the_same_certificate() -> None:
    common = written(quic_socket(DownstreamTls("certificate/one")))["downstream_tls_context"]["common_tls_context"]
    assert common["alpn_protocols"] == ["h3"]


def test_names_of_clients_are_matched_by_their_kind() -> None:
    names = ("a.test", "spiffe://a/b", "a@b.test", "10.0.0.1")
    tls = DownstreamTls("one", TlsPolicy(ClientCheck("ca", names=names)))
    context = written(downstream_tls_socket(tls))
    combined = context["common_tls_context"]["combined_validation_context"]
    matchers = combined["default_validation_context"]["match_typed_subject_alt_names"]
    assert [each["san_type"] for each in matchers] == ["DNS", "URI", "EMAIL", "IP_ADDRESS"]
    assert context["require_client_certificate"] is True
    assert (ResourceType.SECRET, "ca") in tls.needs


def test_a_client_may_come_without_a_certificate_where_none_is_required() -> None:
    context = written(downstream_tls_socket(DownstreamTls("one", TlsPolicy(ClientCheck("ca", required=False)))))
    assert context["require_client_certificate"] is False
    assert context["common_tls_context"]["validation_context_sds_secret_config"]["name"] == "ca"


def test_versions_and_ciphers_are_as_the_policy_says() -> None:
    policy = TlsPolicy(None, "TLSv1_2", "TLSv1_3", ("AES256-SHA",))
    found = written(downstream_tls_socket(DownstreamTls("one", policy)))["common_tls_context"]["tls_params"]
    assert found == {
        "tls_minimum_protocol_version": "TLSv1_2",
        "tls_maximum_protocol_version": "TLSv1_3",
        "cipher_suites": ["AES256-SHA"],
    }


def test_no_key_is_in_the_repr_of_a_secret() -> None:
    issued = Authority.make().issue("one.test")
    resource = certificate_secret("one", issued.certificate, issued.private_key)
    assert "PRIVATE" in resource.body.decode(errors="replace")
    assert "PRIVATE" not in repr(resource)
    assert authorities_secret("ca", issued.certificate).type is ResourceType.SECRET
