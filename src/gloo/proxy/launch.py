"""Start one Envoy process, bound to our own life."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path

from gloo.errors import ProxyError
from gloo.proxy import parent_death
from gloo.proxy.log_lines import LOG_FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start Envoy.

    Args:
        binary: the program, see `find_envoy`.
        bootstrap: its bootstrap as JSON text, see `bootstrap`.
        folder: a private folder for the bootstrap file, see `runtime_folder`.
        concurrency: worker threads; None lets Envoy take one per core.
        log_level: the least level Envoy writes at all (trace, debug, info, warning, error, critical, off).
        use_dynamic_base_id: keep Envoy's hot restart on, which needs shared memory under a base id that Envoy picks.
            Off by default: a killed Envoy leaves that memory in ``/dev/shm``.
    """

    binary: Path
    bootstrap: str = field(repr=False)
    folder: Path
    concurrency: int | None = None
    log_level: str = "warning"
    use_dynamic_base_id: bool = False

    def command(self) -> tuple[str, ...]:
        """Return Envoy's command line; the bootstrap goes by file, for all users may read command lines."""
        concurrency = () if self.concurrency is None else ("--concurrency", str(self.concurrency))
        return (
            *(str(self.binary.absolute()), "--config-path", str(self._bootstrap_file().absolute())),
            *("--log-level", self.log_level, "--log-format", LOG_FORMAT, "--log-format-escaped"),
            *("--drain-strategy", "immediate"),
            "--use-dynamic-base-id" if self.use_dynamic_base_id else "--disable-hot-restart",
            *concurrency,
        )

    def _bootstrap_file(self) -> Path:
        return self.folder / "bootstrap.json"

    async def start(self) -> Process:
        """Start the process; it dies with us. Its log comes on ``stderr``, its access logs go to our ``stdout``.

        It gets a session of its own, so Ctrl-C at the terminal reaches us alone and we can stop it in order. It works
        in its folder, where clusters find the sockets of workers by their bare names.

        Raises:
            ProxyError: the system can't start a process.
        """
        shim = (sys.executable, "-I", "-S", parent_death.__file__, str(os.getpid()))
        try:
            self._bootstrap_file().write_text(self.bootstrap)
            return await asyncio.create_subprocess_exec(
                *shim,
                *self.command(),
                stdin=DEVNULL,
                stderr=PIPE,
                cwd=self.folder,
                env=environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise ProxyError(f"Envoy can't be started: {error}") from error


def environment() -> dict[str, str]:
    """Return our environment for a process of ours, without what is for us alone: settings, and the way into Vault."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GLOO_", "VAULT_"))}
