"""Functions with the signatures of Google's framework: a request, or a CloudEvent.

A plain function gets a request as Flask has it and runs in a thread; a coroutine function gets Starlette's request and
runs in the event loop, as in the framework's asynchronous half.
"""

import inspect
import json
import re
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gloo.local_functions.asgi_answers import read_body, refusal
from gloo.local_functions.cloud_event import BadEvent, cloud_event
from gloo.local_functions.google_request import google_request
from gloo.model.base import Json
from gloo.model.http_name import FRAMING_HEADERS, is_token

MOST_BODY = 32 * 1024 * 1024  # bytes, as for functions of the second generation
_FORM = "application/x-www-form-urlencoded"
_BODILESS = (204, 304)
_LINES = re.compile(r"[\r\n\0]")
Function = Callable[..., Any]


@runtime_checkable
class _FlaskResponse(Protocol):
    """What a response of Flask or Werkzeug has."""

    status_code: int
    headers: Any

    def get_data(self) -> bytes: ...


def http_app(name: str, function: Function) -> ASGIApp:
    """Return *function*, which takes a request, as an ASGI application."""

    async def call(request: Request, body: bytes) -> Response:
        if inspect.iscoroutinefunction(function):
            return answer_of(await function(_again(request, body)))
        return answer_of(await run_in_threadpool(function, google_request(request, body, _form(request, body))))

    return _application(name, call)


def event_app(name: str, function: Function) -> ASGIApp:
    """Return *function*, which takes a CloudEvent, as an ASGI application; what it returns does not count."""

    async def call(request: Request, body: bytes) -> Response:
        try:
            event = cloud_event(request.headers, body)
        except BadEvent as error:
            return refusal(400, str(error), "no_cloud_event", function=name)
        if inspect.iscoroutinefunction(function):
            await function(event)
        else:
            await run_in_threadpool(function, event)
        return PlainTextResponse("OK")

    return _application(name, call)


def answer_of(result: Json) -> Response:
    """Return what a function's *result* means, by Flask's rules: a body, or body with status and headers.

    Raises TypeError for a result that is none of these, and ValueError for what can't be sent.
    """
    if isinstance(result, Response):
        return result
    if isinstance(result, _FlaskResponse):
        return _response(Response(result.get_data()), result.status_code, list(result.headers.items()))
    status, headers = 200, list[tuple[str, str]]()
    if isinstance(result, tuple):
        result, status, headers = _parts(result)
    return _response(_body(result), status, headers)


def _response(made: Response, status: int, headers: list[tuple[str, str]]) -> Response:
    """Return *made* with *status* and *headers*; its length is the server's to say, and a 204 has no body.

    Raises ValueError for what can be no answer.
    """
    if not 200 <= status <= 599:
        raise ValueError(f"{status} is no final HTTP status")
    response = Response(b"" if status in _BODILESS else made.body, status)
    said = {name.lower() for name, _ in headers} | FRAMING_HEADERS
    kept = [(name, value) for name, value in made.headers.items() if name not in said]
    for name, value in (*kept, *headers):
        if not is_token(name) or _LINES.search(value):
            raise ValueError(f"{name!r} can't be a header of an answer with that value")
        if name.lower() not in FRAMING_HEADERS:
            response.headers.append(name, value)
    return response


def _parts(result: tuple[Json, ...]) -> tuple[Json, int, list[tuple[str, str]]]:
    if len(result) == 3:
        return result[0], int(result[1]), _headers(result[2])
    if len(result) == 2 and isinstance(result[1], Mapping | list):
        return result[0], 200, _headers(result[1])
    if len(result) == 2:
        return result[0], int(result[1]), []
    raise TypeError(f"a tuple of {len(result)} is no answer")


def _headers(given: Json) -> list[tuple[str, str]]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return [(str(name), str(value)) for name, value in pairs]


def _body(result: Json) -> Response:
    if isinstance(result, str):
        return Response(result, media_type="text/html")
    if isinstance(result, bytes | bytearray):
        return Response(bytes(result), media_type="text/html")
    if isinstance(result, dict | list):
        return Response(json.dumps(result), media_type="application/json")
    raise TypeError(f"a function can't answer with {type(result).__name__}")


def _application(name: str, call: Callable[[Request, bytes], Awaitable[Response]]) -> ASGIApp:
    async def answer(request: Request) -> Response:
        body = await read_body(request, MOST_BODY)
        if body is None:
            return refusal(413, "the body is too long", "body_too_long", function=name)
        try:
            return await call(request, body)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            traceback.print_exception(error, file=sys.stderr)
            return refusal(500, "the function failed", "function_error", function=name, type=type(error).__name__)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await (await answer(Request(scope, receive)))(scope, receive, send)

    return application


def _again(request: Request, body: bytes) -> Request:
    """Return *request* with its body to be read once more."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def _form(request: Request, body: bytes) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return []
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
