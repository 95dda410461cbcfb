"""An HTTP transport with manners: it makes a bounded number of calls, and waits where it is asked to."""

from collections.abc import Awaitable, Callable

import httpx

from gloo.errors import DiscoveryError
from gloo.plugins.asking import wait_of

Pause = Callable[[float], Awaitable[None]]
_BUSY = frozenset([429, 503])
_TRIES = 3
_PATIENCE = 10.0  # seconds; who wants to be left alone for longer ends the question


class PoliteTransport(httpx.AsyncBaseTransport):
    """Makes at most *calls* calls of *inner*; repeats a GET after a short `Retry-After`."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, calls: int, pause: Pause) -> None:
        self._inner, self._pause = inner, pause
        self._calls = self._left = calls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(_TRIES - 1):
            answer = await self._call(request)
            wait = wait_of(answer)
            if request.method != "GET" or answer.status_code not in _BUSY or not 0 < wait <= _PATIENCE:
                return answer
            await answer.aclose()
            await self._pause(wait)
        return await self._call(request)

    async def _call(self, request: httpx.Request) -> httpx.Response:
        if not self._left:
            raise DiscoveryError(f"the answer takes more than {self._calls} calls", "ask for less in discovery.spec")
        self._left -= 1
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
