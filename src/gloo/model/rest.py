"""What can be read of an object that can't be decoded whole: its other parts are checked all the same.

Nothing of it is ever served. What can't be read is left out, and what depends on that is not to be told as a fault.
"""

from collections.abc import Iterator, Mapping

from gloo.model.base import Json, Value, replace
from gloo.model.route import Destination, EventMatcher, RequestMatcher, RestOfRoute, Route
from gloo.model.strict import in_snake_case, left_out, rest_of
from gloo.model.upstream import Function, ServiceInfo, Upstream

_STAND_IN = "x"  # for what an upstream must have, and this one has not


_UNCALLED = frozenset(
    {"request_matcher", "event_matcher", "single_destination", "multiple_destinations", "prefix_rewrite"}
)
"""Fields of a route that say nothing to the calls of its functions."""


class RestOfUpstream(Value, frozen=True):
    """Those parts of an upstream that can be read.

    Args:
        upstream: the parts, defaults in the place of others; its functions are in `functions`.
        missing: the fields that can't be read.
        functions: those that can be read, each with its index.
    """

    upstream: Upstream
    missing: frozenset[str]
    functions: tuple[tuple[int, Function], ...]


def rest_of_upstream(raw: Json) -> RestOfUpstream | None:
    """Read what can be read of an upstream; None of what is no mapping."""
    if not isinstance(raw, dict):
        return None
    fields = in_snake_case(raw, Upstream)
    listed, service = fields.pop("functions", None), rest_of(fields.get("service_info"), ServiceInfo)
    missing = left_out(fields, Upstream)
    needed = {name: _STAND_IN for name in ("name", "type") if name in missing or name not in fields}
    upstream = rest_of({**fields, **needed}, Upstream)
    if upstream is None:
        return None
    if service is not None:
        upstream, missing = replace(upstream, service_info=service), missing - {"service_info"}
    read = ((index, _function(each, index)) for index, each in enumerate(listed if isinstance(listed, list) else ()))
    functions = tuple((index, each) for index, each in read if each is not None)
    return RestOfUpstream(upstream, missing | needed.keys(), functions)


def _function(raw: Json, index: int) -> Function | None:
    """Read a function; without a name that can be read it is checked all the same."""
    if not isinstance(raw, dict):
        return None
    return rest_of(raw, Function) or rest_of({**raw, "name": f"{_STAND_IN}#{index}"}, Function)


def rest_of_route(raw: Json) -> RestOfRoute | None:
    """Read what can be read of a route; None of what is no mapping."""
    if not isinstance(raw, dict):
        return None
    fields = in_snake_case(raw, Route)
    extensions, prefix = fields.get("extensions"), fields.get("prefix_rewrite")
    matcher = rest_of(fields.get("request_matcher"), RequestMatcher)
    return RestOfRoute(
        request_matcher=matcher,
        event_matcher=rest_of(fields.get("event_matcher"), EventMatcher),
        prefix_rewrite=prefix if isinstance(prefix, str) else None,
        extensions=extensions if isinstance(extensions, dict) else {},
        placed=tuple(_destinations(fields)),
        sure=left_out(raw, Route) <= _UNCALLED and (matcher is not None or "request_matcher" not in fields),
    )


def _destinations(fields: Mapping[str, Json]) -> Iterator[tuple[str, Destination]]:
    several = fields.get("multiple_destinations")
    listed = enumerate(several) if isinstance(several, list) else ()
    written = {f"multiple_destinations[{index}]": each for index, each in listed}
    for field, each in {"single_destination": fields.get("single_destination"), **written}.items():
        plain = {name: value for name, value in each.items() if name != "weight"} if isinstance(each, dict) else None
        if (destination := rest_of(plain, Destination)) is not None:
            yield field, destination
