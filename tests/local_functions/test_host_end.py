"""The end of a worker: no connection that it took is left without an answer."""

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.responses import Response

from gloo.local_functions.host import HostServer


class ToldToEnd(socket.socket):
    """A listener whose server is told to end at the worst moment: when it took a connection and made nothing of it."""

    server: HostServer

    def accept(self) -> tuple[socket.socket, Any]:
        taken = super().accept()
        self.server.handle_exit(signal.SIGTERM, None)
        return taken


@pytest.fixture(autouse=True)
def deaf(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the signal that uvicorn raises once more at its end pass, as the worker does."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


async def test_a_connection_taken_as_the_signal_comes_is_answered(tmp_path: Path) -> None:
    with ToldToEnd(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "s"))
        server = HostServer(uvicorn.Config(Response("here"), lifespan="off", log_config=None))
        listener.server = server
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with (
            asyncio.timeout(10),
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(tmp_path / "s"))) as client,
        ):
            while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody when it has started
                await asyncio.sleep(0.01)
            answer = await client.get("http://worker/", headers={"connection": "close"})
        await serving
    assert answer.text == "here"
