"""Translates ADS messages between protobuf bytes and `gloo.xds.messages`: the one place here that knows protobuf."""

from envoy.service.discovery.v3 import discovery_pb2 as pb

from gloo.xds.messages import Request, Response

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
DELTA_METHOD = "DeltaAggregatedResources"
SOTW_METHOD = "StreamAggregatedResources"


def decode_delta(message: bytes) -> Request:
    """Read a DeltaDiscoveryRequest; raises `google.protobuf.message.DecodeError`."""
    request = pb.DeltaDiscoveryRequest.FromString(message)
    return Request(
        type_url=request.type_url,
        names=tuple(request.resource_names_subscribe),
        unsubscribe=tuple(request.resource_names_unsubscribe),
        initial=dict(request.initial_resource_versions),
        nonce=request.response_nonce,
        error=request.error_detail.message if request.HasField("error_detail") else None,
        node=request.node.id,
    )


def decode_sotw(message: bytes) -> Request:
    """Read a DiscoveryRequest; raises `google.protobuf.message.DecodeError`."""
    request = pb.DiscoveryRequest.FromString(message)
    return Request(
        type_url=request.type_url,
        names=tuple(request.resource_names),
        version=request.version_info,
        nonce=request.response_nonce,
        error=request.error_detail.message if request.HasField("error_detail") else None,
        node=request.node.id,
    )


def encode_delta(response: Response) -> bytes:
    """Write a DeltaDiscoveryResponse."""
    message = pb.DeltaDiscoveryResponse(
        system_version_info=response.version,
        type_url=response.type.type_url,
        nonce=response.nonce,
        removed_resources=response.removals,
    )
    for resource in response.resources:
        entry = message.resources.add(name=resource.name, version=resource.version)
        entry.resource.type_url = resource.type.type_url
        entry.resource.value = resource.body
    encoded: bytes = message.SerializeToString()
    return encoded


def encode_sotw(response: Response) -> bytes:
    """Write a DiscoveryResponse."""
    message = pb.DiscoveryResponse(version_info=response.version, type_url=response.type.type_url, nonce=response.nonce)
    for resource in response.resources:
        message.resources.add(type_url=resource.type.type_url, value=resource.body)
    encoded: bytes = message.SerializeToString()
    return encoded
