"""A double of a function app of Azure that tells which keys came, and when; small, so that a load leaves it idle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

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

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one connection; they have no bodies."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                writer.write(f"HTTP/1.1 {self.status(head)} Said\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that goes away is part of the game
        finally:
            writer.close()

    def status(self, head: list[str]) -> int:
        """Return what a call is answered with, whose request line and headers are *head*."""
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        key = headers.get("x-functions-key", "")
        self.seen.setdefault(key, asyncio.get_running_loop().time())
        return 404 if head[0].split()[1] != "/api/Order" else 200 if key in self.keys else 401

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
    server = await asyncio.start_server(app.serve, "127.0.0.1", 0)
    app.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield app
