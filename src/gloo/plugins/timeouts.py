"""Timeouts: how long a request may take, and how long it may be silent.

.. code-block:: yaml

    extensions:
      timeout: 3s
      idle_timeout: 1m

Without `timeout` an answer has as long as the function's own `timeout` says, or 15 seconds, to be complete; then the
client gets 504. `0s` is no limit. Numbers are nanoseconds, as in 2018.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Route
from gloo.model.base import Model, replace
from gloo.model.duration import Duration, check_milliseconds
from gloo.plugins.base import RoutePlugin, forward_of


class TimeoutsExtension(Model, frozen=True, kw_only=True):
    """How long requests of a route may take."""

    timeout: Annotated[
        Duration | None, Meta(description="until the whole answer is there, retries included; 0s for no limit")
    ] = None
    idle_timeout: Annotated[
        Duration | None, Meta(description="without a byte in either direction; 0s for no limit")
    ] = None


class Timeouts(RoutePlugin[TimeoutsExtension]):
    """Ends requests that take too long."""

    extension_model: ClassVar[type[Model]] = TimeoutsExtension

    def route(self, route: Route, extension: TimeoutsExtension) -> Route:
        forward = forward_of(route, "timeout" if extension.timeout is not None else "idle_timeout")
        check_milliseconds(extension.timeout, "timeout", zero="for no limit")
        check_milliseconds(extension.idle_timeout, "idle_timeout", zero="for no limit")
        timeout = forward.timeout if extension.timeout is None else extension.timeout
        return replace(route, action=replace(forward, timeout=timeout, idle_timeout=extension.idle_timeout))
