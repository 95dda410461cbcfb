"""Listeners: where clients connect, and the chain of filters that their requests meet."""

from dataclasses import dataclass

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import address_pb2, config_source_pb2, substitution_format_string_pb2
from envoy.config.listener.v3 import listener_components_pb2, listener_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import Message, pack, packed, serialize
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.stage import HttpFilter


@dataclass(frozen=True, slots=True)
class Listener:
    """An address, and the route configuration that says where requests go."""

    name: str
    address: str
    port: int
    route_configuration: str
    filters: tuple[HttpFilter, ...] = ()

    def resource(self) -> Resource:
        """Serialise it."""
        needs = frozenset({(ResourceType.ROUTE, self.route_configuration)})
        return Resource(ResourceType.LISTENER, self.name, serialize(_message(self)), needs)


def _message(listener: Listener) -> Message:
    address = address_pb2.SocketAddress(
        address=listener.address, port_value=listener.port, ipv4_compat=listener.address == "::"
    )
    manager = listener_components_pb2.Filter(
        name="envoy.filters.network.http_connection_manager", typed_config=pack(_manager(listener))
    )
    return listener_pb2.Listener(
        name=listener.name,
        address=address_pb2.Address(socket_address=address),
        filter_chains=[listener_components_pb2.FilterChain(filters=[manager])],
    )


def _manager(listener: Listener) -> Message:
    source = config_source_pb2.ConfigSource(resource_api_version=config_source_pb2.ApiVersion.V3)
    source.ads.SetInParent()
    manager = hcm_pb2.HttpConnectionManager(
        stat_prefix="http",
        rds=hcm_pb2.Rds(route_config_name=listener.route_configuration, config_source=source),
        http_filters=[*_ordered(listener.filters), _router()],
        local_reply_config=_local_replies(),
    )
    manager.use_remote_address.value = True
    manager.normalize_path.value = True
    manager.path_with_escaped_slashes_action = hcm_pb2.HttpConnectionManager.KEEP_UNCHANGED
    return manager


def _ordered(filters: tuple[HttpFilter, ...]) -> list[Message]:
    return [
        hcm_pb2.HttpFilter(name=each.name, typed_config=packed(each.config), disabled=each.disabled)
        for each in sorted(filters, key=lambda each: (each.stage, each.name))
    ]


def _router() -> Message:
    return hcm_pb2.HttpFilter(name="envoy.filters.http.router", typed_config=pack(router_pb2.Router()))


def _local_replies() -> Message:
    """Return the JSON answer to a request that no route matched (response flag NR)."""
    body = struct_pb2.Struct()
    body.update({"error": {"status": 404, "message": "no route matches this request", "reason": "no_route"}})
    no_route = accesslog_pb2.AccessLogFilter(response_flag_filter=accesslog_pb2.ResponseFlagFilter(flags=["NR"]))
    mapper = hcm_pb2.ResponseMapper(
        filter=no_route,
        body_format_override=substitution_format_string_pb2.SubstitutionFormatString(json_format=body),
    )
    return hcm_pb2.LocalReplyConfig(mappers=[mapper])
