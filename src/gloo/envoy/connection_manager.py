"""The connection manager: it reads requests from a connection and sends them through the filters."""

from envoy.config.core.v3 import config_source_pb2
from envoy.config.listener.v3 import listener_components_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2

from gloo.envoy.local_replies import local_replies
from gloo.envoy.message import Message, pack, packed
from gloo.envoy.stage import HttpFilter
from gloo.model.base import Value

_WINDOW = 2**20
"""Bytes of a body that a client may send ahead, which Envoy keeps beside what a filter waits for."""

_STREAMS = 100
"""Requests under way on a connection; with Envoy's own limits, 16 MiB and 1024, one client could fill its memory."""

MOST_HEADERS = 1000
"""Headers of a request; each cookie of HTTP/2 may be one. Envoy's own limit of their length, 60 KiB, holds besides."""

_INNER_HEADERS, _INNER_KIB = 1100, 256
"""How many headers a request from Envoy itself may have, and how long they may be: more than clients may send."""


class ConnectionManager(Value, frozen=True):
    """How the requests of a connection are treated.

    Args:
        route_configuration: the name of the table that says where they go.
        filters: what they meet on the way, in any order: stage and name decide.
        statistics: the prefix of its statistics.
        http3: the connections are QUIC.
        tell_client: tell upstreams whose verified certificate the client has, in ``x-forwarded-client-cert``; what a
            client writes there itself never passes.
        inner: its requests come from Envoy itself, which has seen to their headers.
        log: Envoy's access logs.
    """

    route_configuration: str
    filters: tuple[HttpFilter, ...] = ()
    statistics: str = "http"
    http3: bool = False
    tell_client: bool = False
    inner: bool = False
    log: tuple[Message, ...] = ()

    def network_filter(self) -> Message:
        """Return it as the filter of a filter chain."""
        return listener_components_pb2.Filter(
            name="envoy.filters.network.http_connection_manager", typed_config=pack(_message(self))
        )


def _message(manager: ConnectionManager) -> Message:
    message = hcm_pb2.HttpConnectionManager(
        stat_prefix=manager.statistics,
        rds=hcm_pb2.Rds(route_config_name=manager.route_configuration, config_source=_ads()),
        http_filters=[*_ordered(manager.filters), _router()],
        local_reply_config=local_replies(),
    )
    message.access_log.extend(manager.log)
    message.use_remote_address.value = True
    message.normalize_path.value = True
    message.strip_trailing_host_dot = True
    message.path_with_escaped_slashes_action = hcm_pb2.HttpConnectionManager.KEEP_UNCHANGED
    message.common_http_protocol_options.max_headers_count.value = MOST_HEADERS
    message.http2_protocol_options.initial_stream_window_size.value = _WINDOW
    message.http2_protocol_options.max_concurrent_streams.value = _STREAMS
    message.http2_protocol_options.override_stream_error_on_invalid_http_message.value = True
    message.http_protocol_options.accept_http_10 = True
    message.http_protocol_options.default_host_for_http_10 = "localhost"  # HTTP/1.0 may come without a host
    if manager.http3:
        message.codec_type = hcm_pb2.HttpConnectionManager.HTTP3
        quic = message.http3_protocol_options.quic_protocol_options
        quic.initial_stream_window_size.value, quic.max_concurrent_streams.value = _WINDOW, _STREAMS
        message.http3_protocol_options.override_stream_error_on_invalid_http_message.value = True
    if manager.inner:
        _set_inner(message)
    if manager.tell_client:
        message.forward_client_cert_details = hcm_pb2.HttpConnectionManager.SANITIZE_SET
        told = message.set_current_client_cert_details
        told.subject.value, told.dns, told.uri = True, True, True
    return message


def _set_inner(message: Message) -> None:
    """Have the client's address taken from the header in which it was told; the last one there is Envoy's own.

    What is told of its certificate passes too: the manager that the client asked has cleaned or set that header. And
    whatever that one lets pass has to come through here, with the headers which Envoy and routes have added since.
    """
    message.use_remote_address.value = False
    message.skip_xff_append = True
    message.xff_num_trusted_hops = 1
    message.codec_type = hcm_pb2.HttpConnectionManager.HTTP1
    message.http_protocol_options.enable_trailers = True
    message.common_http_protocol_options.max_headers_count.value = _INNER_HEADERS
    message.common_http_protocol_options.max_requests_per_connection.value = 1  # so no request ends another
    message.max_request_headers_kb.value = _INNER_KIB
    message.forward_client_cert_details = hcm_pb2.HttpConnectionManager.ALWAYS_FORWARD_ONLY


def _ordered(filters: tuple[HttpFilter, ...]) -> list[Message]:
    return [_filter(each) for each in sorted(filters, key=lambda each: (each.stage, each.name))]


def _filter(each: HttpFilter) -> Message:
    message = hcm_pb2.HttpFilter(name=each.name, disabled=each.disabled)
    if each.discovered:
        message.config_discovery.CopyFrom(
            config_source_pb2.ExtensionConfigSource(config_source=_ads(), type_urls=[each.config.type_url])
        )
    else:
        message.typed_config.CopyFrom(packed(each.config))
    return message


def _ads() -> Message:
    source = config_source_pb2.ConfigSource(resource_api_version=config_source_pb2.ApiVersion.V3)
    source.ads.SetInParent()
    return source


def _router() -> Message:
    return hcm_pb2.HttpFilter(name="envoy.filters.http.router", typed_config=pack(router_pb2.Router()))
