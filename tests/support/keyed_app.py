"""A double of a function app of Azure that tells which keys came, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.support.asgi_server import served

from gloo.model.base import Json


@dataclass(slots=True)
class KeyedApp:
    """An app whose function `Order` takes *keys*.

    Args:
        seen: when each key came first, by the clock of the event loop.
    """

    keys: list[str]
    url: str = ""
    seen: dict[str, float] = field(default_factory=dict)

    def order(self, request: Request) -> JSONResponse:
        """Answer as the function would."""
        key = request.headers.get("x-functions-key", "")
        self.seen.setdefault(key, asyncio.get_running_loop().time())
        return JSONResponse({}, 200 if key in self.keys else 401)

    def config(self) -> Json:
        """Return a configuration with a route ``/order`` to the function."""
        spec = {"function_app_name": "shop", "url": self.url, "secret_ref": "azure-keys"}
        function = {"name": "order", "spec": {"function_name": "Order", "auth_level": "function"}}
        destination = {"function": {"upstream_name": "shop", "function_name": "order"}}
        routes = [{"request_matcher": {"path_prefix": "/order"}, "single_destination": destination}]
        upstream = {"name": "shop", "type": "azure", "spec": spec, "functions": [function]}
        return {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": routes}]}


@asynccontextmanager
async def keyed_app(*keys: str) -> AsyncIterator[KeyedApp]:
    """Run one on a free port for the length of a block."""
    app = KeyedApp(list(keys))

    async def order(request: Request) -> JSONResponse:
        return app.order(request)

    async with served(Starlette(routes=[Route("/api/Order", order, methods=["GET", "POST"])])) as app.url:
        yield app
