"""Upstreams: where requests can go, and the functions that live there."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Json, Model, Name
from gloo.model.duration import Duration
from gloo.model.metadata import Metadata
from gloo.model.status import Status


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
    spec: Annotated[Mapping[str, Json], Meta(description="where it is; its fields depend on `type`")] = {}
    functions: Annotated[tuple[Function, ...], Meta(description="what routes can call here")] = ()
    service_info: Annotated[ServiceInfo | None, Meta(description="the protocol the service speaks")] = None
    status: Annotated[Status | None, Meta(description="written by gloo; ignored in what you write")] = None
    metadata: Annotated[Metadata, Meta(description="marks kept by stores and tools")] = Metadata()
