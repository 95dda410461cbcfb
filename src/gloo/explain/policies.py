"""What else applies to a request on its route, in words: times, retries, mirrors, filters."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gloo.envoy.buffer import BUFFER_FILTER, ROOM_FILTER
from gloo.envoy.cors import CORS_FILTER
from gloo.envoy.fault import FAULT_FILTER
from gloo.envoy.jwt import JWT_FILTER, demand_of
from gloo.envoy.lua import LUA_FILTER
from gloo.envoy.readable import readable_config
from gloo.envoy.route import Forward, HeaderChange, Route
from gloo.envoy.route_policy import HashPolicy, Mirror, RetryPolicy
from gloo.model.duration import Duration

_FILTERS: Mapping[str, str] = MappingProxyType({CORS_FILTER: "cors", FAULT_FILTER: "faults", BUFFER_FILTER: "buffer"})

_LATER: Mapping[str, str] = MappingProxyType(
    {
        "gateway": "the client is answered 202 at once, with the id of the call",
        "function": "the client gets the platform's answer to a call of its own that it makes later",
    }
)


def policies(route: Route) -> tuple[tuple[str, str], ...]:
    """Return name and meaning of each policy of *route*."""
    return (*_of_action(route), *_of_route(route))


def _of_action(route: Route) -> Iterator[tuple[str, str]]:
    action = route.action
    if not isinstance(action, Forward):
        return
    if route.later:
        yield "async", _LATER[route.later]
    yield "timeout", "15s, as nothing else is said" if action.timeout is None else _time(action.timeout)
    if action.idle_timeout is not None:
        yield "idle timeout", _time(action.idle_timeout)
    if action.retry is not None:
        yield "retries", _retry(action.retry)
    if action.mirror is not None:
        yield "mirror", _mirror(action.mirror)
    for policy in action.hash_policies:
        yield "hash", _hash(policy)
    if action.upgrades:
        yield "upgrades", ", ".join(action.upgrades)


def _of_route(route: Route) -> Iterator[tuple[str, str]]:
    for name, config in route.filters:
        if name == JWT_FILTER:
            yield "token", demand_of(config) or "none is demanded"
        elif name not in (LUA_FILTER, ROOM_FILTER):
            yield _FILTERS.get(name, name), json.dumps(readable_config(config), ensure_ascii=False)
    changes = (*(f"- {name}" for name in route.response_headers_removed), *map(_change, route.response_headers))
    if changes:
        yield "response headers", "; ".join(changes)
    for namespace, values in route.metadata:
        yield "metadata", f"{namespace}: {json.dumps(values, ensure_ascii=False)}"


def _change(change: HeaderChange) -> str:
    signs = {"set": "=", "append": "+=", "set_if_absent": "?="}
    return f"{change.name} {signs[change.action]} {change.value}"


def _time(span: Duration) -> str:
    return str(span) if span.nanoseconds else "none"


def _retry(policy: RetryPolicy) -> str:
    parts = [f"{policy.count} on {', '.join(policy.on)}"]
    if policy.per_try is not None:
        parts.append(f"{policy.per_try} each")
    if policy.statuses:
        parts.append(f"statuses {', '.join(map(str, policy.statuses))}")
    return "; ".join((*parts, *(["hedged"] if policy.hedge else [])))


def _mirror(mirror: Mirror) -> str:
    return f"{mirror.share / 10_000:g} % to {mirror.cluster}"


def _hash(policy: HashPolicy) -> str:
    return " ".join(part for part in (policy.kind.replace("_", " "), policy.name) if part)
