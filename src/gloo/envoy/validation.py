"""A configuration that Envoy can check without running it: one listener with its routes inside."""

from envoy.config.bootstrap.v3 import bootstrap_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2
from google.protobuf import wrappers_pb2
from google.protobuf.any_pb2 import Any as PackedMessage

from gloo.envoy.message import Message, pack, serialize
from gloo.envoy.snapshot import Resource

_MANAGER = hcm_pb2.HttpConnectionManager.DESCRIPTOR.full_name


def validation_bootstrap(listener: Resource, virtual_hosts: tuple[bytes, ...]) -> bytes:
    """Return a serialised bootstrap in which *listener* serves *virtual_hosts*, for ``envoy --mode validate``."""
    message = listener_pb2.Listener.FromString(listener.body)
    hosts = [route_components_pb2.VirtualHost.FromString(host) for host in virtual_hosts]
    # A table inside a listener must name known clusters unless told otherwise, and here there are none.
    routes = route_pb2.RouteConfiguration(
        name="candidate", virtual_hosts=hosts, validate_clusters=wrappers_pb2.BoolValue(value=False)
    )
    for chain in message.filter_chains:
        chain.ClearField("transport_socket")
        for each in chain.filters:
            _inline(each, routes)
    bootstrap = bootstrap_pb2.Bootstrap()
    bootstrap.static_resources.listeners.append(message)
    bootstrap.layered_runtime.layers.add(name="gloo").static_layer.update({"re2.max_program_size.error_level": 10**6})
    return serialize(bootstrap)


def _inline(network_filter: Message, routes: Message) -> None:
    if network_filter.typed_config.type_url.endswith(_MANAGER):
        manager = hcm_pb2.HttpConnectionManager.FromString(network_filter.typed_config.value)
        manager.route_config.CopyFrom(routes)
        for each in manager.http_filters:
            if each.HasField("config_discovery"):  # no one answers for it here; without values it fits any route
                each.typed_config.CopyFrom(PackedMessage(type_url=each.config_discovery.type_urls[0]))
        network_filter.typed_config.CopyFrom(pack(manager))
