"""An ASGI application on a free port, for the length of a block."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from tests.support.authority import Issued


@asynccontextmanager
async def served(application: ASGIApp, *, tls: Issued | None = None, folder: Path | None = None) -> AsyncIterator[str]:
    """Yield the URL of *application*, without a final slash; with *tls* the certificate is written into *folder*."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    if tls is not None:
        assert folder is not None
        for name, value in tls.data().items():
            (folder / name).write_text(value)
        config.ssl_certfile, config.ssl_keyfile = str(folder / "tls.crt"), str(folder / "tls.key")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody that it has started
                await asyncio.sleep(0.01)
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
