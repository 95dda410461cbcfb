"""What one Envoy is to have: serialised resources by type and name, and what each of them refers to."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from gloo.errors import SnapshotError
from gloo.model.base import Value


class ResourceType(Enum):
    """The xDS resource types, in the order in which additions must reach Envoy (make before break)."""

    CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
    ENDPOINT = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
    SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
    LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
    EXTENSION = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
    ROUTE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"

    @property
    def type_url(self) -> str:
        return self.value


Reference = tuple[ResourceType, str]


@dataclass(frozen=True, slots=True)
class Resource:
    """One serialised xDS resource.

    Args:
        type: its xDS type.
        name: its xDS name, unique within the type.
        body: the deterministically serialised message, without the ``Any`` around it.
        needs: the resources it names; `EnvoySnapshot.check` sees to it that they exist.
    """

    type: ResourceType
    name: str
    body: bytes = field(repr=False)
    needs: frozenset[Reference] = frozenset()
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", hashlib.blake2b(self.body, digest_size=8).hexdigest())


_NONE: Mapping[str, Resource] = MappingProxyType({})


class EnvoySnapshot(Value, frozen=True):
    """All resources of one role, by type and name."""

    resources: Mapping[ResourceType, Mapping[str, Resource]]

    @classmethod
    def of(cls, *resources: Resource) -> "EnvoySnapshot":
        """Group *resources* by type; a later one of the same type and name wins."""
        grouped: dict[ResourceType, dict[str, Resource]] = {}
        for resource in resources:
            grouped.setdefault(resource.type, {})[resource.name] = resource
        return cls(grouped)

    def of_type(self, resource_type: ResourceType) -> Mapping[str, Resource]:
        return self.resources.get(resource_type, _NONE)

    def __iter__(self) -> Iterator[Resource]:
        for resource_type in ResourceType:
            yield from self.of_type(resource_type).values()

    def check(self) -> None:
        """Raise `SnapshotError` unless every reference resolves."""
        missing = sorted(
            f"{resource.type.name.lower()} {resource.name!r} names {kind.name.lower()} {name!r}, which does not exist"
            for resource in self
            for kind, name in resource.needs
            if name not in self.of_type(kind)
        )
        if missing:
            raise SnapshotError("; ".join(missing))
