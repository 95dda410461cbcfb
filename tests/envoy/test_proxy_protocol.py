"""PROXY protocol towards upstreams."""

from typing import Literal

import pytest
from envoy.config.core.v3 import base_pb2, proxy_protocol_pb2
from envoy.extensions.transport_sockets.proxy_protocol.v3 import upstream_proxy_protocol_pb2

from gloo.envoy.message import Message
from gloo.envoy.proxy_protocol import with_proxy_protocol


def opened(socket: Message) -> Message:
    found = upstream_proxy_protocol_pb2.ProxyProtocolUpstreamTransport()
    assert socket.typed_config.Unpack(found)
    return found


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_version_is_the_users_choice(version: Literal["v1", "v2"]) -> None:
    found = opened(with_proxy_protocol(version, None)).config.version
    assert proxy_protocol_pb2.ProxyProtocolConfig.Version.Name(found) == version.upper()


def test_plain_connections_stay_plain_and_tls_stays_tls() -> None:
    assert opened(with_proxy_protocol("v1", None)).transport_socket.name == "envoy.transport_sockets.raw_buffer"
    tls = base_pb2.TransportSocket(name="tls")
    assert opened(with_proxy_protocol("v1", tls)).transport_socket == tls
