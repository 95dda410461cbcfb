"""A small HTTP server that answers as a test says, and remembers what it was asked: for questions to platforms."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from tests.support.asgi_server import served
from tests.support.authority import Issued
from tests.support.translating import PLUGINS, config_of

from gloo.discovery.asking import Asking
from gloo.discovery.wanted import Wanted, wanted_of
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.plugins.discovery import Discovered

Say = Callable[[Request], Response | Json]
NOW = 1_700_000_000.0


@dataclass(slots=True)
class PlatformServer:
    """One server.

    Args:
        say: makes the answer to a request; what is no response is sent as JSON.
        asked: ``METHOD /path?query`` of each request.
        headers: those of each request.
    """

    say: Say
    url: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        query = f"?{request.url.query}" if request.url.query else ""
        self.asked.append(f"{request.method} {request.url.path}{query}")
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.body())
        said = self.say(request)
        response = said if isinstance(said, Response) else JSONResponse(said)
        await response(scope, receive, send)


@asynccontextmanager
async def platform_server(
    say: Say, *, tls: Issued | None = None, folder: Path | None = None
) -> AsyncIterator[PlatformServer]:
    """Run one on a free port for the length of a block; with *tls*, whose files go into *folder*, by https."""
    server = PlatformServer(say)
    async with served(server, tls=tls, folder=folder) as server.url:
        yield server


def wanted(text: str, *secrets: Secret) -> Wanted:
    """Return the one upstream of *text* as it is to be asked."""
    (found,) = wanted_of(config_of(text, secrets=secrets), PLUGINS).values()
    return found


async def ask(text: str, *secrets: Secret, asking: Asking | None = None) -> Discovered:
    """Ask the one upstream of *text*, at the moment `NOW`, without ever waiting."""
    return await (asking or Asking(clock=lambda: NOW, pause=no_pause)).ask(wanted(text, *secrets))


async def no_pause(_seconds: float) -> None:
    """Wait for nothing."""


def names(discovered: Discovered) -> list[str]:
    """Return the names of the functions, in the order in which they were told."""
    return [function.name for function in discovered.functions]
