"""Answers that a worker gives by itself, and reading a request whole."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gloo.model.base import Json


def refusal(status: int, message: str, reason: str, **more: Json) -> JSONResponse:
    """Return the JSON answer that says why a function gave none."""
    return JSONResponse({"error": {"status": status, "message": message, "reason": reason, **more}}, status)


def unavailable(function: str) -> ASGIApp:
    """Return what answers 503 for a function that could not be loaded."""
    return _always(503, "the function can't be loaded", "function_not_loaded", function)


def unknown(function: str) -> ASGIApp:
    """Return what answers 404 for a request that is for no function of this worker."""
    message = "the upstream has no such function" if function else "the route names no function of this upstream"
    return _always(404, message, "no_function", function)


def _always(status: int, message: str, reason: str, function: str) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        more = {"function": function} if function else {}
        await refusal(status, message, reason, **more)(scope, receive, send)

    return answer


async def read_body(request: Request, most: int) -> bytes | None:
    """Return the whole body; None when it is longer than *most* bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)
