"""A double of the OpenFaaS gateway, written from its documented HTTP interface; not the gateway itself.

It knows basic authentication, `/function/NAME[.NAMESPACE]` with path and query passed on, and
`/async-function/NAME[.NAMESPACE]`, which answers 202 with `X-Call-Id` and posts the answer to `X-Callback-Url` with
`X-Call-Id` and `X-Function-Status`. Every function answers with what it was asked.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.support.asgi_server import served


@dataclass(slots=True)
class OpenFaasDouble:
    """One gateway: the functions that it has, who may call, and what was posted to callbacks."""

    user: str
    password: str
    functions: frozenset[str]
    url: str = ""
    called_back: list[httpx.Response] = field(default_factory=list)
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    def refused(self, request: Request) -> Response | None:
        expected = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return Response("invalid credentials", 401, {"www-authenticate": 'Basic realm="Restricted"'})
        if request.path_params["name"] not in self.functions:
            return Response("error finding function", 404)
        return None

    async def call(self, request: Request) -> Response:
        return self.refused(request) or await self.answer(request)

    async def call_later(self, request: Request) -> Response:
        if refusal := self.refused(request):
            return refusal
        answer = await self.answer(request)
        if url := request.headers.get("x-callback-url"):
            task = asyncio.create_task(self.call_back(url, answer))
            self.calls.add(task)
        return Response(status_code=202, headers={"x-call-id": "call-1"})

    async def call_back(self, url: str, answer: Response) -> None:
        headers = {"x-call-id": "call-1", "x-function-status": str(answer.status_code)}
        async with httpx.AsyncClient(trust_env=False) as client:
            self.called_back.append(await client.post(url, content=bytes(answer.body), headers=headers))

    async def answer(self, request: Request) -> Response:
        return JSONResponse(
            {
                "function": request.path_params["name"],
                "path": f"/{request.path_params.get('path', '')}",
                "query": request.url.query,
                "method": request.method,
                "body": (await request.body()).decode(),
                "headers": dict(request.headers),
            }
        )

    def application(self) -> Starlette:
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        routes = [
            Route(f"/{kind}/{{name}}{rest}", call, methods=allowed)
            for kind, call, allowed in (("function", self.call, methods), ("async-function", self.call_later, ["POST"]))
            for rest in ("", "/{path:path}")
        ]
        return Starlette(routes=routes)


@asynccontextmanager
async def openfaas_double(*functions: str, user: str, password: str) -> AsyncIterator[OpenFaasDouble]:
    """Run one on a free port for the length of a block."""
    double = OpenFaasDouble(user, password, frozenset(functions))
    async with served(double.application()) as double.url:
        yield double
    await asyncio.gather(*double.calls)
