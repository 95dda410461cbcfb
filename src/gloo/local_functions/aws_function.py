"""Functions with the signature of AWS Lambda: an event and a context in, an answer out.

Event and answer have the shapes of API Gateway's payload format 2.0
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
"""

import base64
import binascii
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gloo.local_functions.asgi_answers import read_body, refusal
from gloo.model.base import Json

MOST_BODY = 6 * 1024 * 1024  # bytes, Lambda's own limit for a synchronous call
_TEXT = ("application/json", "application/xml", "application/javascript")
_NOT_TOLD = ("cookie", "x-envoy-")
_ALLOWED = 15.0  # seconds that a call may take when the gateway does not say


@dataclass(frozen=True, slots=True)
class AwsContext:
    """What Lambda tells a function about its call, under Lambda's own names."""

    function_name: str
    aws_request_id: str
    deadline: float = field(repr=False)
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        """The function's name as AWS would write it, of region and account that nobody has."""
        return f"arn:aws:lambda:local:000000000000:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left until the gateway gives the call up."""
        return max(0, round(1000 * (self.deadline - time.monotonic())))


def aws_app(name: str, function: Callable[[Json, AwsContext], Json]) -> ASGIApp:
    """Return *function* as an ASGI application; it is called in a thread, several calls at a time."""

    async def answer(request: Request) -> Response:
        body = await read_body(request, MOST_BODY)
        if body is None:
            return refusal(413, "the body is longer than Lambda takes", "body_too_long", function=name)
        context = _context(name, request.headers)
        try:
            result = await run_in_threadpool(function, event_of(request, body, context.aws_request_id), context)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            traceback.print_exception(error, file=sys.stderr)
            return refusal(502, "the function failed", "function_error", function=name, type=type(error).__name__)
        try:
            return answer_of(result)
        except (TypeError, ValueError, AttributeError) as error:
            print(f"{name}: the answer can't be used: {error}", file=sys.stderr)
            return refusal(502, "the function's answer can't be used", "malformed_answer", function=name)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await (await answer(Request(scope, receive)))(scope, receive, send)

    return application


def event_of(request: Request, body: bytes, request_id: str) -> dict[str, Json]:
    """Return *request* as API Gateway tells it; a body that is no text comes in base64."""
    query = parse_qsl(request.url.query, keep_blank_values=True)
    headers = _joined((name, value) for name, value in request.headers.items() if not name.startswith(_NOT_TOLD))
    cookies = [part.strip() for line in request.headers.getlist("cookie") for part in line.split(";") if part.strip()]
    text = _text(body, request.headers)
    event: dict[str, Json] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": _raw_path(request),
        "rawQueryString": request.url.query,
        "headers": headers,
        "requestContext": _request_context(request, request_id),
        "isBase64Encoded": text is None,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(query)
    if body:
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def answer_of(result: Json) -> Response:
    """Return what a function's *result* means; without a `statusCode` it is the body itself, as JSON.

    Raises TypeError, ValueError or AttributeError for a result that breaks the format.
    """
    if not isinstance(result, Mapping) or "statusCode" not in result:
        return Response(json.dumps(result), media_type="application/json")
    body = result.get("body")
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    if result.get("isBase64Encoded"):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise ValueError("isBase64Encoded is true, and the body is no base64") from error
    status = int(result["statusCode"])
    if not 200 <= status <= 599:
        raise ValueError(f"statusCode {status} is no final HTTP status")
    response = Response(content, status)
    headers = {str(name).lower(): _header(value) for name, value in (result.get("headers") or {}).items()}
    for name, value in ({"content-type": "application/json"} | headers).items():
        if name != "content-length":
            response.headers[name] = value
    for cookie in result.get("cookies") or ():
        response.headers.append("set-cookie", _header(cookie))
    return response


def _header(value: Json) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if any(mark in text for mark in "\r\n\0"):
        raise ValueError("a header holds the end of a line")
    return text


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return *pairs* as a map; what is given twice is joined by commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _text(body: bytes, headers: Headers) -> str | None:
    """Return a body that is text by its type, as API Gateway judges; None for other bytes."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_plain = headers.get("content-encoding", "identity") == "identity"
    if body and not (is_plain and (kind.startswith("text/") or kind in _TEXT)):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _request_context(request: Request, request_id: str) -> dict[str, Json]:
    now = datetime.now(UTC)
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    return {
        "accountId": "000000000000",
        "apiId": "gloo",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": _raw_path(request),
            "protocol": f"HTTP/{request.scope.get('http_version', '1.1')}",
            "sourceIp": request.client.host if request.client else "",
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": round(1000 * now.timestamp()),
    }


def _raw_path(request: Request) -> str:
    """Return the path as the client wrote it."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("latin-1")


def _context(name: str, headers: Headers) -> AwsContext:
    allowed = headers.get("x-envoy-expected-rq-timeout-ms", "")
    seconds = int(allowed) / 1000 if allowed.isdecimal() else _ALLOWED
    return AwsContext(name, headers.get("x-request-id", "local"), time.monotonic() + seconds)
