"""Later: the client is answered 202 at once, and the destination is called without it.

.. code-block:: yaml

    extensions:
      async: true

Functions whose platform has such a call of its own (Lambda's events, OpenFaaS's queue, detached calls of Fn) are called
by that, and its answer is the client's. For all others, and for upstreams as a whole, the gateway answers: with a JSON
body and the header `x-gloo-call-id`. `execution_style: async` is the word of 2018 for the same.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from gloo.envoy.route import Route
from gloo.model.base import Model
from gloo.plugins.base import RoutePlugin, forward_of


class LaterExtension(Model, frozen=True, kw_only=True):
    """Whether clients wait for the destination of a route."""

    asynchronous: Annotated[
        bool | None, Meta(description="true: answer 202 at once; the destination is called without the client waiting")
    ] = field(name="async", default=None)
    execution_style: Annotated[
        Literal["sync", "async"] | None, Meta(description="the same by its name of 2018: async is async: true")
    ] = None

    def __post_init__(self) -> None:
        style = None if self.execution_style is None else self.execution_style == "async"
        if self.asynchronous is not None and style is not None and style != self.asynchronous:
            raise ValueError("async and execution_style say different things; leave one of them out")

    @property
    def later(self) -> bool:
        """Whether the client is answered before the destination is."""
        return self.asynchronous or self.execution_style == "async"


class Later(RoutePlugin[LaterExtension]):
    """Answers clients before the function does."""

    extension_model: ClassVar[type[Model]] = LaterExtension

    def calls_later(self, extension: LaterExtension) -> bool:
        return extension.later

    def route(self, route: Route, extension: LaterExtension) -> Route:
        if extension.later:
            forward_of(route, "async" if extension.asynchronous else "execution_style")
        return route
