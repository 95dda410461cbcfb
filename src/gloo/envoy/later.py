"""Calls that no client waits for: Envoy answers 202, and the request goes to its destination beside that.

A route of this kind sends each request twice to a listener inside Envoy: once for the answer, and a copy (a mirrored
request, which outlives its client) that carries a mark. The listener waits for the whole request each time. The one
without the mark is answered 202 with the call's id; the marked one takes the route in its synchronous form, with all
its filters. The two meet in one Lua script, so that a call that is refused, as too many are under way, never starts.

The mark is put on copies alone and taken from what clients send, so no client reaches the synchronous form by itself.
It names that form by its content: what a route has demanded of a request, as a token, holds for its own call, and never
for that of a route which has come to its place meanwhile.
`docs/decisions/0003-later-calls.md` has the reasons and the measurements.
"""

import hashlib
from collections.abc import Sequence

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import base_pb2
from envoy.config.listener.v3 import listener_components_pb2, listener_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.access_loggers.stream.v3 import stream_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2

from gloo.envoy.connection_manager import ConnectionManager
from gloo.envoy.message import Message, pack, serialize, typed
from gloo.envoy.route import Forward, HeaderChange, Route, RouteMatch, Target
from gloo.envoy.route_message import route_configuration, virtual_host_bytes
from gloo.envoy.route_policy import Mirror
from gloo.envoy.route_tree import route_choices
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import replace
from gloo.model.duration import Duration

LATER = "gloo-later"
"""The listener inside Envoy, its route table, and the prefix of its statistics."""

LATER_CLUSTER = "gloo/later"
"""The way to that listener. It stands in the bootstrap: calls under way would end with a cluster that goes away."""

ASK_HEADER = "x-gloo-ask"
"""Names the call for the half that a client waits for, so that none is promised before its route is known."""

RUN_HEADER = "x-gloo-run"
CALL_ID = "x-gloo-call-id"
MOST_BYTES = 8 * 2**20
"""How long the body of such a call may be: it is waited for, once for the answer and once for the call."""

_FILTER = "gloo.filters.http.later"
_MARKS = "gloo.later"


def call_name(route: Route, half: bytes) -> str:
    """Return what the two halves of *route* find each other by; *half* is the serialised one that `calling` returns."""
    return f"{route.name}/{hashlib.blake2b(half, digest_size=16).hexdigest()}"


def asking(route: Route, call: str) -> Route:
    """Return what takes the requests of *route*: it has them answered 202, and *call* made beside that."""
    mirror = Mirror(LATER_CLUSTER, marks=(HeaderChange(RUN_HEADER, call),))
    named = HeaderChange(ASK_HEADER, call)
    numbered = HeaderChange(CALL_ID, "%UNIQUE_ID%", format=True)
    silent = route.action.idle_timeout if isinstance(route.action, Forward) else None
    return replace(
        route,
        action=Forward((Target(LATER_CLUSTER),), timeout=Duration(0), idle_timeout=silent, mirror=mirror),
        request_headers=(named, numbered),
        request_headers_removed=(RUN_HEADER,),
    )


def calling(route: Route) -> Route:
    """Return *route* for its copies: what it does with a request, behind the conditions that are fulfilled already."""
    assert isinstance(route.action, Forward)
    targets = tuple(replace(target, held_bytes=0) for target in route.action.targets)  # as many as the answered half
    return replace(
        route,
        match=RouteMatch(route.match.path),
        action=replace(route.action, targets=targets),
        filters=(),
        response_headers=(),
        response_headers_removed=(),
    )


def later_resources(
    routes: Sequence[tuple[str, bytes]], needs: frozenset[Reference], *, script: str, filters: tuple[HttpFilter, ...]
) -> tuple[Resource, Resource]:
    """Return the listener and its table.

    Args:
        routes: serialised routes, as `calling` returns them, by their names from `call_name`.
        needs: what the routes name.
        script: the Lua of the two halves of a call.
        filters: what any route may need on its way to a destination.
    """
    answered, unknown = _answered(f"{LATER}/answered"), _answered(LATER)
    choices = ((RUN_HEADER, routes), (ASK_HEADER, [(name, answered) for name, _ in routes]))
    host = virtual_host_bytes(LATER, ("*",), route_choices(choices, otherwise=unknown))
    return _listener(script, filters), route_configuration(LATER, (host,), needs)


def _answered(name: str) -> bytes:
    """Return a route for the half that a client waits for; the script answers before it does."""
    route = route_components_pb2.Route(name=name, match=route_components_pb2.RouteMatch(prefix="/"))
    route.direct_response.status = 500
    return serialize(route)


def _listener(script: str, filters: tuple[HttpFilter, ...]) -> Resource:
    lua = lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=script))
    lua.clear_route_cache.value = False
    halves = HttpFilter(_FILTER, Stage.ACCEPTED, typed(lua), disabled=False)
    manager = ConnectionManager(LATER, (halves, *filters), "later", inner=True, log=(_failures(),))
    message = listener_pb2.Listener(
        name=LATER, filter_chains=[listener_components_pb2.FilterChain(filters=[manager.network_filter()])]
    )
    message.internal_listener.SetInParent()
    message.per_connection_buffer_limit_bytes.value = MOST_BYTES
    return Resource(ResourceType.LISTENER, LATER, serialize(message), frozenset({(ResourceType.ROUTE, LATER)}))


def _failures() -> Message:
    """Return the log of calls that went wrong after their clients were answered 202: one line of JSON for each."""
    log = stream_pb2.StdoutAccessLog()
    log.log_format.json_format.update(
        {
            "event": "a call failed after its client was answered",
            "call_id": f"%REQ({CALL_ID})%",
            "request_id": "%REQ(X-REQUEST-ID)%",
            "route": "%ROUTE_NAME%",
            "upstream": "%UPSTREAM_CLUSTER%",
            "status": "%RESPONSE_CODE%",
            "details": "%RESPONSE_CODE_DETAILS%",
            "flags": "%RESPONSE_FLAGS%",
            "milliseconds": "%DURATION%",
            "time": "%START_TIME%",
        }
    )
    status = accesslog_pb2.AccessLogFilter()
    status.status_code_filter.comparison.op = accesslog_pb2.ComparisonFilter.GE
    status.status_code_filter.comparison.value.default_value = 400
    status.status_code_filter.comparison.value.runtime_key = "gloo.later.failed_from_status"
    flagged = accesslog_pb2.AccessLogFilter()
    flagged.response_flag_filter.SetInParent()
    promised = accesslog_pb2.AccessLogFilter()
    promised.metadata_filter.matcher.filter = _MARKS
    promised.metadata_filter.matcher.path.add(key="promised")
    promised.metadata_filter.matcher.value.bool_match = True
    promised.metadata_filter.match_if_key_not_found.value = False
    message = accesslog_pb2.AccessLog(name="envoy.access_loggers.stdout", typed_config=pack(log))
    failed = accesslog_pb2.AccessLogFilter(or_filter=accesslog_pb2.OrFilter(filters=[status, flagged]))
    message.filter.and_filter.filters.extend((promised, failed))
    return message
