"""What Envoy refuses of the head of a request before it looks for a route.

Source: what Envoy 1.40 was seen to do over HTTP/1.1.
"""

import re

from gloo.envoy.connection_manager import MOST_HEADERS
from gloo.envoy.methods import METHODS
from gloo.explain.grpc_form import in_form
from gloo.explain.lua_run import Answer
from gloo.explain.request import LENGTHS, Headers, Request, is_refused, joined_lines
from gloo.model.base import Value

BAD_REQUEST = Answer(400)
"""Envoy's answer to a method, a host, a path or a header that it does not take; what else stands in it is its own."""

TOO_LONG = Answer(431)
NOT_IMPLEMENTED = Answer(501)

_LONGEST = 60 * 1024
"""Bytes of a head, its last empty line with it: Envoy's own limit, which we leave as it is."""

_NO_VALUE = re.compile(r"[\x01-\x08\x0a-\x1f\x7f]")
_NO_HOST = re.compile(r"[^!-~]|[\"#/<>?\\^`{|}]")
_MOST_NAMED = 9
_LONGEST_TE = 255
_NEVER_NAMED = frozenset({"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"})


class Refused(Value, frozen=True):
    """Envoy's answer to a request that it does not take, and why."""

    answer: Answer
    reason: str


def refused(request: Request) -> Refused | None:
    """Return what Envoy answers to *request*, as a client sends it, whatever the routes are; None if it takes it."""
    named = frozenset(word.lower() for word in words_of(request.headers, "connection"))
    if reason := _bad_method(request, named) or _bad_address(request, named):
        return Refused(BAD_REQUEST, reason)
    if reason := _too_long(request):
        return Refused(TOO_LONG, reason)
    codings = [each.lower() for each in words_of(request.headers, "transfer-encoding")]
    if codings and codings != ["chunked"]:
        return Refused(NOT_IMPLEMENTED, f"Envoy takes no transfer-encoding but chunked, not {', '.join(codings)!r}")
    reason = _bad_header(request.headers) or _bad_lengths(request, chunked=bool(codings)) or _bad_connection(request)
    if reason:
        return Refused(BAD_REQUEST, reason)
    return Refused(in_form(BAD_REQUEST, request), "connection takes the host away") if "host" in named else None


def with_length(request: Request) -> Headers:
    """Return the headers of *request* as its client writes them: with the length of the body, unless one is told."""
    if request.body is None or any(name in LENGTHS for name, _ in request.headers):
        return request.headers
    return (*request.headers, ("content-length", str(len(request.body))))


def words_of(headers: Headers, name: str) -> tuple[str, ...]:
    """Return the words of a header that is a list with commas, however often it stands there."""
    words = (word.strip(" \t") for key, value in headers if key == name for word in value.split(","))
    return tuple(word for word in words if word)


def _bad_method(request: Request, named: frozenset[str]) -> str:
    if request.method in METHODS:
        return ""
    if request.method == "QUERY":
        typed = request.header("content-type") and "content-type" not in named
        return "" if typed else "Envoy takes the method 'QUERY' with a content-type alone"
    hint = f", but {request.method.upper()}" if request.method.upper() in METHODS else ""
    return f"over HTTP/1.1 Envoy takes no method {request.method!r}{hint}"


def _bad_address(request: Request, named: frozenset[str]) -> str:
    if "host" not in named and _NO_HOST.search(request.host):
        return f"Envoy takes no host {request.host!r}"
    return f"Envoy takes no target {request.path!r}" if is_refused(request.path) else ""


def _too_long(request: Request) -> str:
    """Say by what the head is longer than Envoy takes, as HTTP/1.1 writes it; empty if it is not."""
    lines = (("host", request.host), *with_length(request))
    first = len(f"{request.method} {request.path} HTTP/1.1\r\n\r\n")
    length = first + sum(len(f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")) for name, value in lines)
    if length > _LONGEST:
        return f"the head has {length} bytes, and Envoy takes {_LONGEST}"
    count = len(joined_lines(lines))
    return f"there are {count} headers, and Envoy takes {MOST_HEADERS}" if count > MOST_HEADERS else ""


def _bad_header(headers: Headers) -> str:
    control = next((name for name, value in headers if _NO_VALUE.search(value)), "")
    return f"Envoy takes no control character, as in the header {control!r}" if control else ""


def _bad_lengths(request: Request, *, chunked: bool) -> str:
    lengths = [value for name, value in request.headers if name == "content-length"]
    if lengths and (chunked or len(lengths) > 1 or not re.fullmatch("[0-9]+", lengths[0])):
        beside = " beside a transfer-encoding" if chunked else ""
        return f"Envoy takes no content-length {', '.join(lengths)!r}{beside}"
    return ""


def _bad_connection(request: Request) -> str:
    """Say what is wrong with the headers that ``connection`` names, which go no further."""
    named = [word.lower() for word in words_of(request.headers, "connection")]
    if len(named) > _MOST_NAMED:
        return f"Envoy takes no {len(named)} words in connection, {_MOST_NAMED} at most"
    if wrong := next((name for name in named if name in _NEVER_NAMED or name.startswith(":")), ""):
        return f"Envoy takes no connection that names {wrong!r}"
    if "te" in named and len(request.header("te") or "") > _LONGEST_TE:
        return "Envoy takes no connection that names a te of more than 255 characters"
    return ""
