"""Answers of the gateway itself to a call of gRPC: 200, with what they say in headers.

Source: Envoy's `Grpc::Common`, and what Envoy 1.40 was seen to do.
"""

import re

from gloo.explain.lua_run import Answer
from gloo.explain.request import Request

_STATUSES = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
_UNKNOWN = 2
_TYPE = "application/grpc"
_ENCODED = re.compile(rb"[^ -$&-~]")


def calls_grpc(request: Request) -> bool:
    """Tell whether *request* is a call of gRPC to Envoy."""
    kind = request.header("content-type") or ""
    return kind == _TYPE or kind.startswith(f"{_TYPE}+")


def in_form(answer: Answer, request: Request) -> Answer:
    """Return *answer* to *request* as its client gets it: in the form of gRPC if it calls by that."""
    if not calls_grpc(request):
        return answer
    body = answer.body.rstrip(b"\n") if request.method != "HEAD" else b""
    message = _ENCODED.sub(lambda found: b"%%%02X" % found[0][0], body).decode()
    told = (("content-type", _TYPE), ("grpc-status", str(_STATUSES.get(answer.status, _UNKNOWN))))
    kept = tuple(pair for pair in answer.headers if pair[0] != "content-type")
    return Answer(200, (*kept, *told, *((("grpc-message", message),) if message else ())), b"", answer.log)
