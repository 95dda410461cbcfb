"""Our messages against the protobuf classes."""

from envoy.service.discovery.v3 import discovery_pb2 as pb
from tests.xds.conversation import resource

from gloo.envoy.snapshot import ResourceType
from gloo.xds.messages import Response
from gloo.xds.wire import decode_delta, decode_sotw, encode_delta, encode_sotw

RESPONSE = Response(ResourceType.ROUTE, "7", "v", (resource("route", "r:1"),), ("gone",))


def test_a_delta_request_is_read_whole() -> None:
    message = pb.DeltaDiscoveryRequest(
        type_url="t",
        resource_names_subscribe=["a"],
        resource_names_unsubscribe=["b"],
        initial_resource_versions={"c": "1"},
        response_nonce="3",
    )
    message.node.id = "web~1"
    request = decode_delta(message.SerializeToString())
    assert (request.type_url, request.names, request.unsubscribe) == ("t", ("a",), ("b",))
    assert (request.initial, request.nonce, request.node, request.error) == ({"c": "1"}, "3", "web~1", None)


def test_an_empty_error_is_still_a_refusal() -> None:
    delta, sotw = pb.DeltaDiscoveryRequest(), pb.DiscoveryRequest()
    delta.error_detail.code = sotw.error_detail.code = 13
    assert decode_delta(delta.SerializeToString()).error == ""
    assert decode_sotw(sotw.SerializeToString()).error == ""


def test_a_state_of_the_world_request_is_read_whole() -> None:
    message = pb.DiscoveryRequest(type_url="t", resource_names=["a"], response_nonce="3", version_info="v")
    message.node.id = "web~1"
    request = decode_sotw(message.SerializeToString())
    assert (request.type_url, request.names, request.nonce) == ("t", ("a",), "3")
    assert (request.version, request.node) == ("v", "web~1")


def test_a_delta_response_carries_name_version_body_and_removals() -> None:
    message = pb.DeltaDiscoveryResponse.FromString(encode_delta(RESPONSE))
    (entry,) = message.resources
    assert (entry.name, entry.version) == ("r", RESPONSE.resources[0].version)
    assert (entry.resource.type_url, entry.resource.value) == (ResourceType.ROUTE.type_url, b"r:1")
    assert (list(message.removed_resources), message.nonce, message.type_url) == (
        ["gone"],
        "7",
        ResourceType.ROUTE.type_url,
    )


def test_a_state_of_the_world_response_carries_the_bodies_and_a_version() -> None:
    message = pb.DiscoveryResponse.FromString(encode_sotw(RESPONSE))
    assert [entry.value for entry in message.resources] == [b"r:1"]
    assert (message.version_info, message.nonce, message.type_url) == ("v", "7", ResourceType.ROUTE.type_url)
