"""Small Envoy resources for the tests of this directory."""

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2  # noqa: F401 - registers the type for Any
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,  # noqa: F401 - registers the type for Any
)
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from gloo.envoy.snapshot import Reference, Resource, ResourceType

ADS = {"ads": {}, "resource_api_version": "V3"}
_FILTERS = "type.googleapis.com/envoy.extensions.filters"


def _resource(kind: ResourceType, message: Message, *needs: Reference) -> Resource:
    name = getattr(message, "cluster_name", "") or getattr(message, "name", "")
    return Resource(kind, name, message.SerializeToString(deterministic=True), frozenset(needs))


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def listener(name: str, port: int, *, route: str, address: str = "127.0.0.1") -> Resource:
    """A plain HTTP listener with its routes over RDS."""
    manager = {
        "@type": f"{_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "rds": {"route_config_name": route, "config_source": ADS},
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{_FILTERS}.http.router.v3.Router"}},
        ],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    where = {"socket_address": {"address": address, "port_value": port}}
    message = ParseDict({"name": name, "address": where, "filter_chains": [chain]}, listener_pb2.Listener())
    return _resource(ResourceType.LISTENER, message, (ResourceType.ROUTE, route))


def _routes(name: str, routes: list[dict[str, object]], *needs: Reference) -> Resource:
    host = {"name": "all", "domains": ["*"], "routes": routes}
    message = ParseDict({"name": name, "virtual_hosts": [host]}, route_pb2.RouteConfiguration())
    return _resource(ResourceType.ROUTE, message, *needs)


def page(name: str, text: str, *, regex: str = "/.*", status: int = 200) -> Resource:
    """A route configuration that answers *status* with *text* to every path that *regex* matches."""
    match = {"safe_regex": {"regex": regex}}
    return _routes(name, [{"match": match, "direct_response": {"status": status, "body": {"inline_string": text}}}])


def forward(name: str, cluster: str) -> Resource:
    """A route configuration that sends everything to *cluster*."""
    return _routes(name, [{"match": {"prefix": "/"}, "route": {"cluster": cluster}}], (ResourceType.CLUSTER, cluster))


def eds_cluster(name: str, *, timeout: str = "1s") -> Resource:
    """A cluster that gets its endpoints over ADS."""
    fields = {"name": name, "type": "EDS", "connect_timeout": timeout, "eds_cluster_config": {"eds_config": ADS}}
    return _resource(ResourceType.CLUSTER, ParseDict(fields, cluster_pb2.Cluster()), (ResourceType.ENDPOINT, name))


def static_cluster(name: str, *, timeout: str = "1s", kind: str = "STATIC") -> Resource:
    """A cluster without endpoints; Envoy refuses a *kind* LOGICAL_DNS, for that needs exactly one."""
    fields = {
        "name": name,
        "type": kind,
        "connect_timeout": timeout,
        "load_assignment": {"cluster_name": name},
    }
    return _resource(ResourceType.CLUSTER, ParseDict(fields, cluster_pb2.Cluster()))


def endpoints(name: str, port: int) -> Resource:
    """The endpoints of cluster *name*: one, on loopback."""
    entry = {"endpoint": {"address": _address(port)}}
    fields = {"cluster_name": name, "endpoints": [{"lb_endpoints": [entry]}]}
    return _resource(ResourceType.ENDPOINT, ParseDict(fields, endpoint_pb2.ClusterLoadAssignment()))
