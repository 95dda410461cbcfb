"""Connections as Envoy keeps them."""

from envoy.config.cluster.v3 import cluster_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

from gloo.envoy.connection import HTTP_OPTIONS, set_connection
from gloo.envoy.message import Message
from gloo.model.connection import Connection, TcpKeepalive
from gloo.model.duration import Duration


def connected(connection: Connection | None, *, http2: bool = False) -> Message:
    message = cluster_pb2.Cluster()
    set_connection(message, connection, http2=http2)
    return message


def options(message: Message) -> Message:
    found = http_protocol_options_pb2.HttpProtocolOptions()
    assert message.typed_extension_protocol_options[HTTP_OPTIONS].Unpack(found)
    return found


def test_without_options_nothing_is_written() -> None:
    assert connected(None) == cluster_pb2.Cluster()
    assert connected(Connection()) == cluster_pb2.Cluster()


def test_http2_is_said_with_and_without_other_options() -> None:
    assert options(connected(None, http2=True)).explicit_http_config.HasField("http2_protocol_options")
    both = options(connected(Connection(max_requests_per_connection=3), http2=True))
    assert both.explicit_http_config.HasField("http2_protocol_options")
    assert both.common_http_protocol_options.max_requests_per_connection.value == 3


def test_http2_that_is_negotiated_leaves_the_choice_to_alpn() -> None:
    message = cluster_pb2.Cluster()
    set_connection(message, Connection(max_requests_per_connection=3), http2=True, negotiated=True)
    found = options(message)
    assert found.auto_config.HasField("http2_protocol_options")
    assert found.common_http_protocol_options.max_requests_per_connection.value == 3


def test_an_idle_timeout_of_zero_is_written_for_it_means_never() -> None:
    found = options(connected(Connection(idle_timeout=Duration(0))))
    assert found.common_http_protocol_options.HasField("idle_timeout")
    assert found.explicit_http_config.HasField("http_protocol_options")


def test_keep_alive_and_buffer_are_set_on_the_cluster() -> None:
    keepalive = TcpKeepalive(probes=3, time=Duration(10 * 10**9), interval=Duration(2 * 10**9))
    message = connected(Connection(tcp_keepalive=keepalive, buffer_limit=4096))
    told = message.upstream_connection_options.tcp_keepalive
    assert (told.keepalive_probes.value, told.keepalive_time.value, told.keepalive_interval.value) == (3, 10, 2)
    assert message.per_connection_buffer_limit_bytes.value == 4096


def test_keep_alive_without_a_number_is_left_to_the_kernel() -> None:
    message = connected(Connection(tcp_keepalive=TcpKeepalive()))
    assert message.upstream_connection_options.HasField("tcp_keepalive")
