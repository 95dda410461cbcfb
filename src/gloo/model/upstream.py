"""Upstreams: where requests can go, and the functions that live there."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from gloo.model.balancing import CircuitBreakers, LoadBalancer, OutlierDetection
from gloo.model.base import Json, Model, Name
from gloo.model.connection import Connection, Dns
from gloo.model.discovery import Discovery
from gloo.model.duration import Duration
from gloo.model.health_check import HealthCheck
from gloo.model.metadata import Metadata
from gloo.model.status import Status
from gloo.model.upstream_tls import UpstreamSslConfig


class Function(Model, frozen=True, kw_only=True):
    """One function of an upstream."""

    name: Annotated[str, Meta(min_length=1, max_length=253, description="unique within its upstream")]
    spec: Annotated[Mapping[str, Json], Meta(description="what to call; its fields depend on the function's kind")] = {}


class ServiceInfo(Model, frozen=True, kw_only=True):
    """What protocol a service speaks, for upstreams that aren't functions by their type."""

    type: Annotated[str, Meta(description="REST, gRPC, ...")]
    properties: Annotated[Mapping[str, Json], Meta(description="fields that depend on the type")] = {}


class Upstream(Model, frozen=True, kw_only=True):
    """A destination for routes: a service, or a place where functions live."""

    name: Annotated[Name, Meta(description="unique among upstreams; routes point here by it")]
    type: Annotated[str, Meta(description="which plugin knows how to route here")]
    connection_timeout: Annotated[Duration, Meta(description="time to connect, e.g. 5s")] = Duration(5 * 10**9)
    load_balancer: Annotated[LoadBalancer | None, Meta(description="which host gets a request")] = None
    health_checks: Annotated[
        tuple[HealthCheck, ...], Meta(description="a host that fails one of these gets no requests")
    ] = ()
    outlier_detection: Annotated[
        OutlierDetection | None, Meta(description="a host whose answers fail gets no requests for a while")
    ] = None
    circuit_breakers: Annotated[CircuitBreakers | None, Meta(description="what may be under way at once")] = None
    connection: Annotated[Connection | None, Meta(description="how connections are kept")] = None
    http2: Annotated[
        bool | None, Meta(description="true: the upstream speaks HTTP/2; without a word: what its kind speaks")
    ] = None
    ssl_config: Annotated[UpstreamSslConfig | None, Meta(description="speak TLS to it, and how")] = None
    dns: Annotated[Dns | None, Meta(description="how its host names become addresses")] = None
    proxy_protocol: Annotated[
        Literal["v1", "v2"] | None, Meta(description="tell the client's address ahead of each connection")
    ] = None
    spec: Annotated[Mapping[str, Json], Meta(description="where it is; its fields depend on `type`")] = {}
    functions: Annotated[tuple[Function, ...], Meta(description="what routes can call here")] = ()
    discovery: Annotated[Discovery | None, Meta(description="ask it for its functions, and how often")] = None
    service_info: Annotated[ServiceInfo | None, Meta(description="the protocol the service speaks")] = None
    status: Annotated[Status | None, Meta(description="written by gloo; ignored in what you write")] = None
    metadata: Annotated[Metadata, Meta(description="marks kept by stores and tools")] = Metadata()
