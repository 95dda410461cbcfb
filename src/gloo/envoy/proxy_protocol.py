"""PROXY protocol towards upstreams: the client's address ahead of each connection.

A module of its own because its message classes are needed for this alone.
"""

from typing import Literal

from envoy.config.core.v3 import base_pb2, proxy_protocol_pb2
from envoy.extensions.transport_sockets.proxy_protocol.v3 import upstream_proxy_protocol_pb2
from envoy.extensions.transport_sockets.raw_buffer.v3 import raw_buffer_pb2

from gloo.envoy.message import Message, pack

ProxyProtocol = Literal["v1", "v2"]

_VERSIONS = {"v1": proxy_protocol_pb2.ProxyProtocolConfig.V1, "v2": proxy_protocol_pb2.ProxyProtocolConfig.V2}


def with_proxy_protocol(version: ProxyProtocol, socket: Message | None) -> Message:
    """Return a transport socket that tells the client's address and then speaks *socket*: TLS, or None for plain."""
    inner = socket or base_pb2.TransportSocket(
        name="envoy.transport_sockets.raw_buffer", typed_config=pack(raw_buffer_pb2.RawBuffer())
    )
    outer = upstream_proxy_protocol_pb2.ProxyProtocolUpstreamTransport(
        config=proxy_protocol_pb2.ProxyProtocolConfig(version=_VERSIONS[version]), transport_socket=inner
    )
    return base_pb2.TransportSocket(name="envoy.transport_sockets.upstream_proxy_protocol", typed_config=pack(outer))
