"""Where a filter stands in the chain: stages by name, in the order a request meets them."""

from enum import IntEnum, auto

from gloo.envoy.message import TypedConfig
from gloo.model.base import Value


class Stage(IntEnum):
    """The order of filters; within a stage they stand by name, so that no list position matters.

    The limit of a body is first: it counts nothing of a body that a filter before it has waited for. A fault stands for
    one of the upstream, so that pages may see it and strangers may not.
    """

    LIMIT = auto()
    EVENTS = auto()
    CORS = auto()
    AUTHENTICATION = auto()
    AUTHORIZATION = auto()
    RATE_LIMIT = auto()
    FAULT = auto()
    ACCEPTED = auto()
    TRANSFORMATION = auto()
    OUTBOUND = auto()


class HttpFilter(Value, frozen=True):
    """A filter of the connection manager, off until a route configures it.

    It is in the chain whether a route uses it or not: a change of the chain would be a change of the listener, and
    that drains connections. A filter that is off costs a request nothing. With *discovered* its configuration is a
    resource of its own, of the filter's name, that may change without the listener; *config* then tells its type.
    """

    name: str
    stage: Stage
    config: TypedConfig
    disabled: bool = True
    discovered: bool = False


def discovered_filters(filters: tuple[HttpFilter, ...]) -> tuple[str, ...]:
    """Return the names of the resources that *filters* get their configuration from."""
    return tuple(each.name for each in filters if each.discovered)
