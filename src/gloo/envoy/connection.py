"""Connections as Envoy keeps them: HTTP versions, how long, keep-alive."""

from envoy.config.cluster.v3 import cluster_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2

from gloo.envoy.message import Message, duration, pack
from gloo.envoy.route import FilterConfigs
from gloo.envoy.upstream_filters import set_upstream_filters
from gloo.model.connection import Connection, TcpKeepalive

HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def set_connection(
    message: Message,
    connection: Connection | None,
    *,
    http2: bool,
    negotiated: bool = False,
    filters: FilterConfigs = (),
) -> None:
    """Set how the cluster *message* speaks HTTP and keeps its connections, and which *filters* its requests meet.

    With *negotiated*, HTTP/2 is spoken where ALPN agrees on it, and else HTTP/1.1; that takes TLS.
    """
    if connection is None and not http2 and not filters:
        return
    options = http_protocol_options_pb2.HttpProtocolOptions()
    if connection is not None:
        _set_limits(options.common_http_protocol_options, connection)
        if connection.buffer_limit is not None:
            message.per_connection_buffer_limit_bytes.value = connection.buffer_limit
        if connection.tcp_keepalive is not None:
            message.upstream_connection_options.tcp_keepalive.CopyFrom(_keepalive(connection.tcp_keepalive))
    if not http2 and not filters and not options.HasField("common_http_protocol_options"):
        return
    if filters:
        set_upstream_filters(options, filters)
    if http2 and negotiated:
        options.auto_config.http2_protocol_options.SetInParent()
    else:
        version = options.explicit_http_config
        (version.http2_protocol_options if http2 else version.http_protocol_options).SetInParent()
    message.typed_extension_protocol_options[HTTP_OPTIONS].CopyFrom(pack(options))


def _set_limits(options: Message, connection: Connection) -> None:
    if connection.max_requests_per_connection is not None:
        options.max_requests_per_connection.value = connection.max_requests_per_connection
    if connection.idle_timeout is not None:
        options.idle_timeout.CopyFrom(duration(connection.idle_timeout))


def _keepalive(given: TcpKeepalive) -> Message:
    keepalive = cluster_pb2.UpstreamConnectionOptions().tcp_keepalive
    keepalive.SetInParent()
    if given.probes is not None:
        keepalive.keepalive_probes.value = given.probes
    if given.time is not None:
        keepalive.keepalive_time.value = round(given.time.seconds)
    if given.interval is not None:
        keepalive.keepalive_interval.value = round(given.interval.seconds)
    return keepalive
