"""Faults: delay or break requests on purpose, to see how clients take it.

.. code-block:: yaml

    extensions:
      faults:
        abort: {percentage: 10, http_status: 503}
        delay: {percentage: 50, fixed_delay: 2s}
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.buffer import BUFFER_FILTER, buffer_limits
from gloo.envoy.fault import FAULT_FILTER, Fault, fault_config, fault_filter
from gloo.envoy.route import Forward, Route
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.duration import Duration, check_milliseconds
from gloo.model.percent import Percent, lost_shares, parts_per_million
from gloo.plugins.base import RoutePlugin, forward_of


class Abort(Model, frozen=True, kw_only=True):
    """An answer in the upstream's place."""

    http_status: Annotated[int, Meta(ge=200, le=599, description="the status of the answer")]
    percentage: Annotated[Percent, Meta(description="of how many requests, 0 to 100")] = 100.0


class Delay(Model, frozen=True, kw_only=True):
    """A wait before the request goes on."""

    fixed_delay: Annotated[Duration, Meta(description="how long, at least 1ms")]
    percentage: Annotated[Percent, Meta(description="of how many requests, 0 to 100")] = 100.0


class FaultRules(Model, frozen=True, kw_only=True):
    """What goes wrong."""

    abort: Annotated[Abort | None, Meta(description="answer with an error")] = None
    delay: Annotated[Delay | None, Meta(description="let requests wait")] = None

    def __post_init__(self) -> None:
        if self.abort is None and self.delay is None:
            raise ValueError("must have abort or delay")


class FaultsExtension(Model, frozen=True, kw_only=True):
    """What a route breaks."""

    faults: Annotated[FaultRules | None, Meta(description="delay or break requests on purpose")] = None


class Faults(RoutePlugin[FaultsExtension]):
    """Delays and breaks requests."""

    extension_model: ClassVar[type[Model]] = FaultsExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return (fault_filter(),)

    def route(self, route: Route, extension: FaultsExtension) -> Route:
        rules = extension.faults
        if rules is None:
            return route
        forward = forward_of(route, "faults")  # Envoy's filter lets pass what has no destination
        fault = Fault(
            abort=(rules.abort.http_status, parts_per_million(rules.abort.percentage)) if rules.abort else None,
            delay=_delay(rules.delay) if rules.delay else None,
        )
        filters = (*route.filters, (FAULT_FILTER, fault_config(fault)))
        if rules.delay is not None and _must_be_read(route, forward):
            filters += buffer_limits(forward.held_bytes, forward.held_bytes)
        return replace(route, filters=filters)

    def warnings(self, route: Route, extension: FaultsExtension) -> tuple[ConfigError, ...]:
        rules = extension.faults
        if rules is None:
            return ()
        given = {"faults.abort.percentage": rules.abort, "faults.delay.percentage": rules.delay}
        return lost_shares({field: each.percentage for field, each in given.items() if each is not None})


def _must_be_read(route: Route, forward: Forward) -> bool:
    """Return whether Envoy is to read the body before the request waits.

    It keeps what comes in meanwhile, but once that is all it keeps, it reads no more, and a filter that then wants the
    whole body waits for ever. Plugins are asked in the order of their names: Buffer has been.
    """
    wanted = any(target.reads_whole for target in forward.targets)
    return wanted and all(name != BUFFER_FILTER for name, _ in route.filters)


def _delay(delay: Delay) -> tuple[Duration, int]:
    check_milliseconds(delay.fixed_delay, "faults.delay.fixed_delay")
    return delay.fixed_delay, parts_per_million(delay.percentage)
