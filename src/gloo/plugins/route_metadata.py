"""Route metadata: values that filters and access logs can read, by namespace.

.. code-block:: yaml

    extensions:
      metadata:
        org.example.team: {name: pets, tier: 2}
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Route
from gloo.errors import ConfigError
from gloo.model.base import Json, Model, replace
from gloo.model.path import format_path
from gloo.plugins.base import RoutePlugin


class MetadataExtension(Model, frozen=True, kw_only=True):
    """What is known of a route beside what it does."""

    metadata: Annotated[
        Mapping[str, Mapping[str, Json]],
        Meta(description="values by namespace and name; Envoy's %METADATA% shows them"),
    ] = {}


class RouteMetadata(RoutePlugin[MetadataExtension]):
    """Puts values on a route."""

    extension_model: ClassVar[type[Model]] = MetadataExtension

    def route(self, route: Route, extension: MetadataExtension) -> Route:
        if "" in extension.metadata:
            raise ConfigError("", format_path(("metadata", "")), "a namespace has a name", "e.g. org.example.team")
        return replace(route, metadata=tuple(extension.metadata.items()))
