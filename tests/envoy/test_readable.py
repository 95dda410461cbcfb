"""Envoy's resources as plain values, without what Envoy's API marks as sensitive."""

from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.http.basic_auth.v3.basic_auth_pb2 import BasicAuth
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from gloo.envoy.message import pack, serialize
from gloo.envoy.readable import HIDDEN, readable
from gloo.envoy.snapshot import Resource, ResourceType

CANARY = "canary-90ab"


def test_of_a_secret_only_name_and_kind_are_told() -> None:
    secret = Secret(name="s")
    secret.tls_certificate.private_key.inline_string = CANARY
    found = readable(Resource(ResourceType.SECRET, "s", serialize(secret)))
    assert found == {"name": "s", "tls_certificate": HIDDEN}


def test_what_is_sensitive_inside_a_packed_message_is_not_told() -> None:
    auth = BasicAuth()
    auth.users.inline_string = CANARY
    listener = Listener(name="l")
    listener.filter_chains.add().filters.add(name="f").typed_config.CopyFrom(pack(auth))
    found = readable(Resource(ResourceType.LISTENER, "l", serialize(listener)))
    assert found["filter_chains"][0]["filters"][0]["typed_config"]["@type"].endswith("BasicAuth")
    assert CANARY not in repr(found)


def test_names_come_in_the_same_order_each_time() -> None:
    listener = Listener(name="l", stat_prefix="s")
    for name in ("z", "a", "m"):
        listener.metadata.filter_metadata[name]["k"] = 1
    found = readable(Resource(ResourceType.LISTENER, "l", serialize(listener)))
    assert list(found) == ["name", "metadata", "stat_prefix"]
    assert list(found["metadata"]["filter_metadata"]) == ["a", "m", "z"]


def test_a_message_of_an_unknown_type_is_told_by_its_type() -> None:
    listener = Listener(name="l")
    packed = listener.filter_chains.add().filters.add(name="f").typed_config
    packed.type_url, packed.value = "type.googleapis.com/some.Stranger", CANARY.encode()
    found = repr(readable(Resource(ResourceType.LISTENER, "l", serialize(listener))))
    assert "some.Stranger" in found
    assert CANARY not in found
