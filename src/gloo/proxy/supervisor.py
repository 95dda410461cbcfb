"""Keep one Envoy running: start, readiness, restart after a crash, graceful stop."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, Self

import structlog

from gloo.errors import ProxyError
from gloo.proxy.admin import Admin
from gloo.proxy.launch import Launch
from gloo.proxy.log_lines import relay

_POLL = 0.02  # seconds between two looks at the admin API while waiting for a state


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds.

    Args:
        first_restart: after the first crash; doubled with each further one.
        longest_restart: the most between two starts.
        stable: who lived that long has its crashes forgotten.
        drain: for requests under way when stopping.
        stop: for Envoy to end after SIGTERM, before SIGKILL.
    """

    first_restart: float = 0.1
    longest_restart: float = 10.0
    stable: float = 10.0
    drain: float = 5.0
    stop: float = 5.0

    def before_restart(self, crashes: int) -> float:
        """Return the wait after so many crashes in a row, one or more."""
        doublings = min(crashes - 1, 30)
        return min(self.longest_restart, self.first_restart * 2.0**doublings)


class _End(NamedTuple):
    """How a process ended: its status (negative: by that signal), its last errors, seconds lived."""

    status: int
    errors: tuple[str, ...]
    lived: float


class Envoy:
    """One supervised Envoy.

    Use ``async with Envoy(...).running() as envoy``, or `run` as a task of a group of your own.
    """

    def __init__(self, launch: Launch, admin: Admin, *, patience: Patience | None = None) -> None:
        self._launch = launch
        self._admin = admin
        self._patience = patience or Patience()
        self._log = structlog.get_logger("gloo.proxy")
        self._ready = asyncio.Event()
        self._was_ready = False
        self._process: Process | None = None
        self._restarts = 0

    @property
    def pid(self) -> int | None:
        """The id of the process, None between two lives."""
        return self._process.pid if self._process else None

    @property
    def restarts(self) -> int:
        """How often Envoy had to be started again."""
        return self._restarts

    async def wait_ready(self, within: float = 30.0) -> None:
        """Wait until Envoy is live; raise `ProxyError` if it is not after so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._ready.wait()
        except TimeoutError as error:
            state = await self._admin.state() or "no answer from its admin API"
            raise ProxyError(f"Envoy is not ready after {within:g} s ({state})") from error

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Run Envoy during the block. If it can't be started at all, the block is cancelled by a `ProxyError`."""
        try:
            async with asyncio.TaskGroup() as group:
                supervision = group.create_task(self.run(), name="envoy")
                yield self
                supervision.cancel()
        except BaseExceptionGroup as error:
            if len(error.exceptions) == 1:
                raise error.exceptions[0] from None
            raise

    async def run(self) -> None:
        """Keep Envoy running until cancelled, then stop it gracefully; cancel again to kill it at once.

        Raises:
            ProxyError: Envoy ended by itself before it was ever ready: what is wrong would be wrong again.
        """
        crashes = 0
        while True:
            end = await self._live()
            if end.status > 0 and not self._was_ready:
                raise ProxyError(f"Envoy ended with status {end.status} before it was ready{_because(end.errors)}")
            crashes = 1 if end.lived >= self._patience.stable else crashes + 1
            wait = self._patience.before_restart(crashes)
            self._log.error("Envoy ended, starting it again", status=end.status, wait=wait)
            await asyncio.sleep(wait)
            self._restarts += 1

    async def _live(self) -> _End:
        """Start a process and see it through to its end; when cancelled, stop it in order."""
        clock = asyncio.get_running_loop().time
        started = clock()
        process = self._process = await self._launch.start()
        assert process.stderr is not None
        async with asyncio.TaskGroup() as group:
            errors = group.create_task(relay(process.stderr), name="envoy log")
            readiness = group.create_task(self._watch_readiness(started), name="envoy readiness")
            try:
                status = await process.wait()
            finally:
                readiness.cancel()
                await self._stop(process)
                self._ready.clear()
                self._process = None
        return _End(status, errors.result(), clock() - started)

    async def _watch_readiness(self, started: float) -> None:
        await _until(self._admin.ready)
        self._ready.set()
        self._was_ready = True
        seconds = round(asyncio.get_running_loop().time() - started, 3)
        self._log.info("Envoy is ready", pid=self.pid, seconds=seconds)

    async def _stop(self, process: Process) -> None:
        """End *process* if it runs: drain, SIGTERM, SIGKILL, each with its limit."""
        try:
            if process.returncode is None:
                await self._drain()
                process.terminate()
                if not await _ends(process.wait(), within=self._patience.stop):
                    self._log.warning("Envoy does not end after SIGTERM, killing it", seconds=self._patience.stop)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _drain(self) -> None:
        """Wait for the requests under way, as long as patience lasts."""
        if not self._ready.is_set():
            return
        try:
            if not await _ends(self._idle(), within=self._patience.drain):
                self._log.warning("requests are still under way, stopping Envoy", seconds=self._patience.drain)
        except ProxyError as error:
            self._log.warning("Envoy can't be drained, stopping it", problem=str(error))

    async def _idle(self) -> None:
        await self._admin.drain()
        await _until(self._admin.idle)


async def _ends(work: Coroutine[object, object, object], *, within: float) -> bool:
    """Tell whether *work* ends in so many seconds; raises what it raises.

    Not `asyncio.timeout`: before Python 3.11.3 it does not see its own end in a task that is being cancelled.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=within)
        if done:
            task.result()
        return bool(done)
    finally:
        task.cancel()


async def _until(check: Callable[[], Awaitable[bool]]) -> None:
    while not await check():  # noqa: ASYNC110 - Envoy is another process and sends no event
        await asyncio.sleep(_POLL)


def _because(errors: tuple[str, ...]) -> str:
    return f": {' | '.join(errors)}" if errors else ""
