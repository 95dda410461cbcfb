"""Mirror: a second upstream gets copies of requests, and its answers are thrown away.

.. code-block:: yaml

    extensions:
      mirror: {upstream: petstore-next, percentage: 10}

A copy is what the destination gets, the request of a REST function too. Envoy adds `-shadow` to the host of copies.
Calls that are finished on the way to their own upstream can't be copied: see `gloo.translator.route_checks`.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Route
from gloo.envoy.route_policy import Mirror as MirrorPolicy
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.percent import Percent, lost_shares, parts_per_million
from gloo.plugins.base import RoutePlugin, forward_of


class MirrorRule(Model, frozen=True, kw_only=True):
    """Who gets copies, and of how many requests."""

    upstream: Annotated[str, Meta(min_length=1, description="the upstream that gets the copies")]
    percentage: Annotated[Percent, Meta(description="of how many requests, 0 to 100")] = 100.0


class MirrorExtension(Model, frozen=True, kw_only=True):
    """What a route says about copies."""

    mirror: Annotated[MirrorRule | None, Meta(description="send copies of requests to another upstream")] = None


class Mirror(RoutePlugin[MirrorExtension]):
    """Sends copies of requests to another upstream."""

    extension_model: ClassVar[type[Model]] = MirrorExtension

    def upstreams(self, extension: MirrorExtension) -> Mapping[str, str]:
        return {"mirror.upstream": extension.mirror.upstream} if extension.mirror is not None else {}

    def route(self, route: Route, extension: MirrorExtension) -> Route:
        if extension.mirror is None:
            return route
        policy = MirrorPolicy(extension.mirror.upstream, parts_per_million(extension.mirror.percentage))
        return replace(route, action=replace(forward_of(route, "mirror"), mirror=policy))

    def warnings(self, route: Route, extension: MirrorExtension) -> tuple[ConfigError, ...]:
        return lost_shares({"mirror.percentage": extension.mirror.percentage}) if extension.mirror is not None else ()
