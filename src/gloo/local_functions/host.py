"""All functions of one worker as one ASGI application: a header says which of them a request is for."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import FrameType
from typing import Any
from urllib.parse import unquote

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn

from gloo.local_functions.asgi_answers import unavailable, unknown
from gloo.local_functions.orders import FUNCTION_HEADER
from gloo.model.base import Value

_DRAIN = 10.0  # seconds for the requests under way when a worker ends
_LOOK = 0.01
_ROUNDS_TO_MAKE = 3  # of the loop, from an accepted connection to one that uvicorn counts: a task, its step, a call


class Host(Value, frozen=True):
    """The functions by name.

    Args:
        loaded: False when the module could not be run: then all of them are unavailable.
        states: what the applications among them kept at their start.
    """

    functions: Mapping[str, ASGIApp]
    loaded: bool
    states: Mapping[str, Mapping[str, Any]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = unquote(Headers(scope=scope).get(FUNCTION_HEADER, ""))
        function = self.functions.get(name) if self.loaded else unavailable(name)
        await (function or unknown(name.strip("/")))(_seen_by(scope, self.states.get(name, {})), receive, send)


def _seen_by(scope: Scope, state: Mapping[str, Any]) -> Scope:
    """Return *scope* as the client's request made it: its address and scheme, without the header that is ours."""
    headers = Headers(scope=scope)
    scheme = headers.get("x-forwarded-proto", scope["scheme"])
    if scope["type"] == "websocket":
        scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    client = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()  # the last one is what the gateway saw
    ours = FUNCTION_HEADER.encode()
    return {
        **scope,
        "scheme": scheme,
        "client": (client, 0) if client else None,
        "headers": [(name, value) for name, value in scope["headers"] if name != ours],
        "state": dict(state),
    }


@asynccontextmanager
async def started(
    applications: Mapping[str, ASGIApp],
) -> AsyncIterator[tuple[Mapping[str, Mapping[str, Any]], set[str]]]:
    """Tell *applications* of start and end; yield what each keeps, and the names of those that can't start."""
    states: dict[str, Mapping[str, Any]] = {}
    failed: set[str] = set()
    async with AsyncExitStack() as stack:
        for name, application in applications.items():
            lifespan = LifespanOn(uvicorn.Config(application, lifespan="auto", log_config=None))
            await lifespan.startup()
            if lifespan.should_exit:
                failed.add(name)
            else:
                stack.push_async_callback(lifespan.shutdown)
                states[name] = lifespan.state
        yield states, failed


class HostServer(uvicorn.Server):
    """A server that ends without losing a request: it takes no new connections and answers those that it has."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop taking connections at once: uvicorn itself sees a signal a tenth of a second later."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        """Look at the listening sockets no more; a closed server would drop the connections that it just accepted."""
        for server in getattr(self, "servers", ()):  # there are none before it has started
            for listener in server.sockets:
                self._loop.remove_reader(listener)

    async def shutdown(self, sockets: Any = None) -> None:
        """Let the requests under way end, within a limit."""
        self._close()
        for _ in range(_ROUNDS_TO_MAKE):
            await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN):
                while self.server_state.connections:  # noqa: ASYNC110 - uvicorn tells nobody when one is gone
                    await asyncio.sleep(_LOOK)
        await super().shutdown(sockets)
