"""Envoy's resources for people: whole, and without what is secret."""

import json

from envoy.config.cluster.v3 import cluster_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, secret_pb2, tls_pb2
from google.protobuf.any_pb2 import Any as PackedMessage

from gloo.envoy.message import serialize
from gloo.envoy.readable import HIDDEN, readable
from gloo.envoy.snapshot import Resource, ResourceType

CANARY = "hunter2-canary"


def cluster_with(packed: PackedMessage) -> Resource:
    cluster = cluster_pb2.Cluster(name="billing")
    cluster.transport_socket.name = "tls"
    cluster.transport_socket.typed_config.CopyFrom(packed)
    return Resource(ResourceType.CLUSTER, "billing", serialize(cluster))


def test_of_a_secret_only_name_and_kind_are_told() -> None:
    secret = secret_pb2.Secret(name="cert")
    secret.tls_certificate.private_key.inline_string = CANARY
    secret.tls_certificate.certificate_chain.inline_string = CANARY
    assert readable(Resource(ResourceType.SECRET, "cert", serialize(secret))) == {
        "name": "cert",
        "tls_certificate": HIDDEN,
    }


def test_what_the_api_marks_as_sensitive_is_hidden_however_deep_it_is_packed() -> None:
    key = common_pb2.TlsCertificate()
    key.private_key.inline_string = CANARY
    key.password.inline_string = CANARY
    key.certificate_chain.filename = "/etc/cert.pem"
    context = tls_pb2.UpstreamTlsContext()
    context.common_tls_context.tls_certificates.append(key)
    packed = PackedMessage()
    packed.Pack(context)
    text = json.dumps(readable(cluster_with(packed)))
    assert CANARY not in text
    assert "/etc/cert.pem" in text


def test_a_message_of_a_type_that_is_not_known_is_told_by_its_type() -> None:
    foreign = PackedMessage(type_url="type.googleapis.com/acme.Thing", value=CANARY.encode())
    text = json.dumps(readable(cluster_with(foreign)))
    assert "acme.Thing" in text
    assert CANARY not in text


def test_fields_have_the_names_of_the_api() -> None:
    cluster = cluster_pb2.Cluster(name="billing", connect_timeout={"seconds": 5})
    cluster.metadata.filter_metadata["gloo"].update({"a": [1, {"b": True}]})
    told = readable(Resource(ResourceType.CLUSTER, "billing", serialize(cluster)))
    assert told["connect_timeout"] == "5s"
    assert told["metadata"]["filter_metadata"] == {"gloo": {"a": [1.0, {"b": True}]}}
