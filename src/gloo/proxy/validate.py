"""Ask Envoy about a configuration without running it."""

import asyncio
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from gloo.envoy.refusal_text import refusal_text
from gloo.errors import ProxyError
from gloo.proxy.launch import environment

_PATIENCE = 30.0  # seconds for one check; a table of 10,000 routes takes less than one
_ERROR = re.compile(r"(?:error initializing configuration '[^']*': |\[critical\].*?: )(.+)", re.DOTALL)


async def validate(binary: Path, bootstrap: bytes) -> str | None:
    """Return why Envoy refuses *bootstrap*, a serialised message, or None when it takes it.

    Raises:
        ProxyError: Envoy can't be run, or does not come to an end.
    """
    with tempfile.TemporaryDirectory(prefix="gloo-validate-") as folder:
        path = Path(folder) / "bootstrap.pb"
        path.write_bytes(bootstrap)
        status, said = await _run(binary, path)
    if status == 0:
        return None
    found = _ERROR.search(said)
    return refusal_text(found[1] if found else said)


async def _run(binary: Path, path: Path) -> tuple[int, str]:
    command = ("--mode", "validate", "--config-path", str(path), "--log-level", "error", "--disable-hot-restart")
    try:
        process = await asyncio.create_subprocess_exec(
            str(binary), *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=environment()
        )
    except OSError as error:
        raise ProxyError(f"Envoy can't be started: {error}") from error
    try:
        async with asyncio.timeout(_PATIENCE):
            _, said = await process.communicate()
    except TimeoutError as error:
        raise ProxyError(f"Envoy did not judge a configuration in {_PATIENCE:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace")
