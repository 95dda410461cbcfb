"""Keep one upstream's worker running: start, replacement when its code changes, restart after a crash."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import structlog

from gloo.errors import ProxyError
from gloo.local_functions.code import code_of
from gloo.local_functions.orders import Report
from gloo.local_functions.process import WorkerProcess, started
from gloo.plugins.base import PythonWorker
from gloo.proxy.supervisor import Patience

_HELD = 1.0  # seconds of a restart's wait during which requests are kept waiting too; after a longer one they fail
_BACKLOG = 1024

Tell = Callable[[Report], None]


class Keeper:
    """Keeps the worker of one upstream.

    The socket is ours and passes from worker to worker. A new worker takes over when its code is loaded; when it can't
    be loaded, the one that runs goes on. Without one that runs, the new one answers 503 until its code is better.

    Args:
        folder: the configuration folder.
        place: the runtime folder.
        tell: is told the report of each worker.
    """

    def __init__(self, worker: PythonWorker, *, folder: Path, place: Path, tell: Tell) -> None:
        self._worker, self._folder, self._socket, self._tell = worker, folder, place / worker.socket, tell
        self._wanted = asyncio.Event()
        self._code = code_of(folder / worker.module)
        self._listener: socket.socket | None = None
        self._current: WorkerProcess | None = None
        self._patience = Patience()
        self._crashes = 0
        self.attempted = asyncio.Event()
        self._log = structlog.get_logger("gloo.functions").bind(upstream=worker.upstream)

    def replace(self, worker: PythonWorker) -> None:
        """Keep another worker of the same upstream from now on."""
        if worker != self._worker:
            self._worker = worker
            self._ask()

    def look(self) -> None:
        """See whether the code changed; then it is loaded anew."""
        code = code_of(self._folder / self._worker.module)
        if code != self._code:
            self._code = code
            self._ask()

    def _ask(self) -> None:
        self._crashes = 0
        self._wanted.set()

    async def run(self) -> None:
        """Keep a worker running until cancelled."""
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    self._wanted.clear()
                    await self._renew(group)
                    await self._until_wanted()
            finally:
                await self._end()

    async def _renew(self, group: asyncio.TaskGroup) -> None:
        """Start a worker, and let it take over if it is any better than none."""
        try:
            listener = self._bound()
            fresh = await started(self._worker, self._folder, listener, group)
        except ProxyError as error:
            self._log.error(str(error))
            return
        report = fresh.report if self._current is None else _with_old_code(fresh.report)
        usable = fresh.is_running and (fresh.report.loaded or self._current is None)
        if usable:
            before, self._current = self._current, fresh
            listener.listen(_BACKLOG)  # from now on requests wait for it instead of failing
            await fresh.serve()
            self._log.info(
                "functions are loaded" if fresh.report.loaded else "functions can't be loaded", pid=fresh.pid
            )
            if before is not None:
                group.create_task(before.stop(), name="replaced worker")
        else:
            await fresh.stop()
        self._tell(report)
        self.attempted.set()

    async def _until_wanted(self) -> None:
        """Return when a new worker is wanted: for new code, another order, or because the last one ended."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        if self._current is not None:
            ended = asyncio.ensure_future(self._current.wait())
            with _cancelled(asyncio.ensure_future(self._wanted.wait())) as wanted, _cancelled(ended):
                await asyncio.wait({wanted, ended}, return_when=asyncio.FIRST_COMPLETED)
            if self._current.is_running:
                return
            self._current = None
        self._crashes = 1 if loop.time() - since >= self._patience.stable else self._crashes + 1
        wait = self._patience.before_restart(self._crashes)
        self._log.error("the worker ended, starting another", wait=wait)
        if wait > _HELD:
            self._close()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wanted.wait()

    def _bound(self) -> socket.socket:
        """Return the socket, bound; it listens once a worker is about to serve. Raises ProxyError if it can't be."""
        if self._listener is None:
            self._socket.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                listener.bind(str(self._socket))
            except OSError as error:
                listener.close()
                raise ProxyError(f"{self._socket} can't be made: {error.strerror}") from error
            self._listener = listener
        return self._listener

    def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self._socket.unlink(missing_ok=True)
            listener.close()

    async def _end(self) -> None:
        current, self._current = self._current, None
        self._close()
        if current is not None:
            await current.stop()


def _with_old_code(report: Report) -> Report:
    """Say of a module that can't be run that the worker before goes on."""
    if report.loaded:
        return report
    found = (msgspec.structs.replace(each, hint="what was loaded before goes on") for each in report.findings)
    return Report(loaded=False, findings=tuple(found))


@contextmanager
def _cancelled(future: "asyncio.Task[Any]") -> Iterator["asyncio.Task[Any]"]:
    """Cancel *future* after the block if it is not done."""
    try:
        yield future
    finally:
        future.cancel()
