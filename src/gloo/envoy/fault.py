"""The fault filter: delays and breaks requests on purpose, where a route says so."""

from envoy.extensions.filters.http.fault.v3 import fault_pb2
from envoy.type.v3 import percent_pb2

from gloo.envoy.message import TypedConfig, duration, typed
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Value
from gloo.model.duration import Duration

FAULT_FILTER = "envoy.filters.http.fault"


class Fault(Value, frozen=True):
    """What goes wrong, and how often: shares are in parts per million.

    Args:
        abort: the status of the answer that takes the upstream's place, and its share.
        delay: how long a request waits first, and its share.
    """

    abort: tuple[int, int] | None = None
    delay: tuple[Duration, int] | None = None


def fault_filter() -> HttpFilter:
    """Return the filter; it does nothing by itself."""
    return HttpFilter(FAULT_FILTER, Stage.FAULT, typed(fault_pb2.HTTPFault()))


def fault_config(fault: Fault) -> TypedConfig:
    """Return a route's part."""
    message = fault_pb2.HTTPFault()
    if fault.abort is not None:
        message.abort.http_status, message.abort.percentage.numerator = fault.abort
        message.abort.percentage.denominator = percent_pb2.FractionalPercent.MILLION
    if fault.delay is not None:
        message.delay.fixed_delay.CopyFrom(duration(fault.delay[0]))
        message.delay.percentage.numerator = fault.delay[1]
        message.delay.percentage.denominator = percent_pb2.FractionalPercent.MILLION
    return typed(message)
