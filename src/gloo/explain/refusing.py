"""Answers that Envoy makes in place of a destination: to an upgrade, to too long a body, by a fault, to a token.

Such an answer begins with what the route says of headers; what the filter says is added to that.
"""

import json

from gloo.envoy.buffer import BUFFER_FILTER
from gloo.envoy.fault import FAULT_FILTER
from gloo.envoy.readable import readable_config
from gloo.envoy.route import Forward, Route
from gloo.explain.arrival import upgrade_of
from gloo.explain.grpc_form import calls_grpc
from gloo.explain.lua_run import Answer
from gloo.explain.preflight import with_origin
from gloo.explain.request import Request
from gloo.explain.rewriting import response_headers
from gloo.model.base import Json, replace

_ALL = 1_000_000
"""The share of a fault that no request escapes, in parts per million."""

_TOO_LARGE = "the body is longer than the gateway keeps"
_FAULT = "the route breaks some requests on purpose"


def not_upgraded(request: Request, route: Route) -> Answer | None:
    """Return the answer to a client that asks for another protocol, which *route* does not allow; None otherwise.

    Envoy gives it before any filter is asked.
    """
    upgrade = upgrade_of(request.headers)
    if upgrade is None or (isinstance(route.action, Forward) and upgrade in route.action.upgrades):
        return None
    return _behind_route(Answer(403), request, route)


def too_large(request: Request, route: Route) -> Answer | None:
    """Return the answer to a body that is longer than *route* takes; None if it is not."""
    most = _config(route, BUFFER_FILTER).get("buffer", {}).get("max_request_bytes")
    if most is None or len(request.body or b"") <= int(most):
        return None
    return _behind_route(_answer(413, _TOO_LARGE, "too_large"), request, route)  # before CORS


def broken(request: Request, route: Route) -> Answer | None:
    """Return the answer of a fault that breaks all requests of *route*; None where some may pass."""
    abort = _config(route, FAULT_FILTER).get("abort", {})
    share = abort.get("percentage", {}).get("numerator", 0)
    if share < _ALL:
        return None
    status = abort["http_status"]
    to_grpc = Answer(status, (), b"fault filter abort")  # Envoy's own words: to it these have a status of gRPC alone
    made = to_grpc if calls_grpc(request) else _answer(status, _FAULT, "fault_injected")
    return by_filter(made, request, route)


def by_filter(answer: Answer, request: Request, route: Route, *, script: bool = False) -> Answer:
    """Return *answer* of a filter as the client gets it.

    Args:
        script: a program makes it: then the type of its body is added to the one that the route says.
    """
    made = _behind_route(answer, request, route, script=script)
    return replace(made, headers=with_origin(made.headers, request, route))


def _behind_route(answer: Answer, request: Request, route: Route, *, script: bool = False) -> Answer:
    told = response_headers((), request, route.response_headers, route.response_headers_removed)
    own, types = answer.headers, [value for name, value in told if name == "content-type"]
    if script:
        own = tuple((name, ",".join((*types, value)) if name == "content-type" else value) for name, value in own)
    written = {"content-type"} if script else {"content-type", "www-authenticate"}
    kept = tuple(pair for pair in told if pair[0] not in written.intersection(name for name, _ in own))
    return replace(answer, headers=(*kept, *own))


def _config(route: Route, name: str) -> Json:
    return next((readable_config(config) for each, config in route.filters if each == name), {})


def _answer(status: int, message: str, reason: str) -> Answer:
    headers = (("content-type", "application/json"), ("x-gloo-error", reason))
    return Answer(status, headers, error_body(status, message, reason))


def error_body(status: int, message: str, reason: str) -> bytes:
    """Return the body of an answer of the gateway's own, as `gloo.envoy.local_replies` lets Envoy write it."""
    body = {"error": {"message": message, "reason": reason, "status": status}}
    return f"{json.dumps(body, separators=(',', ':'))}\n".encode()
