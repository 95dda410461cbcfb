"""What every stored object carries beside its own fields."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Model


class Metadata(Model, frozen=True, kw_only=True):
    """Marks that stores, discovery and tools keep on an object."""

    resource_version: Annotated[str, Meta(description="opaque; set by the store, for optimistic concurrency")] = ""
    namespace: Annotated[str, Meta(description="Kubernetes only")] = ""
    annotations: Annotated[Mapping[str, str], Meta(description="free marks")] = {}
