"""One worker process: started, asked for its report, let serve, ended."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec
import structlog

from gloo.errors import ProxyError
from gloo.local_functions.orders import SERVE, Finding, FunctionOrder, Order, Report
from gloo.plugins.base import PythonWorker
from gloo.proxy import parent_death
from gloo.proxy.launch import environment
from gloo.proxy.log_lines import lines

_LOADED_WITHIN = 30.0  # seconds for the user's file to run
_STOPPED_WITHIN = 15.0
_LONGEST_REPORT = 1 << 20


class WorkerProcess:
    """A process that serves the functions of one file; `report` says what it found there."""

    def __init__(self, process: Process, report: Report) -> None:
        self._process = process
        self.report = report
        self.pid = process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def serve(self) -> None:
        """Let it take requests from now on."""
        await _write(self._process, SERVE)

    async def wait(self) -> int:
        """Return the status that it ends with; negative: by that signal."""
        return await self._process.wait()

    async def stop(self, within: float = _STOPPED_WITHIN) -> None:
        """End it after the requests that it has; kill it after so many seconds, or when cancelled."""
        try:
            if self.is_running:
                self._process.terminate()
                async with asyncio.timeout(within):
                    await self.wait()
        except TimeoutError:
            structlog.get_logger("gloo.functions").warning("a worker does not end, killing it", seconds=within)
        finally:
            if self.is_running:
                self._process.kill()
            await self._process.wait()


async def started(
    worker: PythonWorker, folder: Path, listener: socket.socket, group: asyncio.TaskGroup
) -> WorkerProcess:
    """Start a process for *worker*, whose module is below *folder*, and wait for its report.

    Args:
        listener: the bound socket that it is to serve on.
        group: relays what it writes.

    Raises:
        ProxyError: the system can't start a process.
    """
    process = await _start(folder, listener)
    assert process.stderr is not None
    group.create_task(_relay(process.stderr, worker.upstream), name=f"log of {worker.upstream}")
    try:
        await _write(process, msgspec.json.encode(_order(worker, folder, listener)).decode())
        report = await _report(process, worker.module)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return WorkerProcess(process, report)


async def _start(folder: Path, listener: socket.socket) -> Process:
    shim = (sys.executable, "-I", "-S", parent_death.__file__, str(os.getpid()))
    command = (sys.executable, "-P", "-m", "gloo.local_functions.worker")
    variables = {**environment(), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return await asyncio.create_subprocess_exec(
            *(*shim, *command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=folder,
            env=variables,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
            limit=_LONGEST_REPORT,
        )
    except OSError as error:
        raise ProxyError(f"a worker can't be started: {error}") from error


def _order(worker: PythonWorker, folder: Path, listener: socket.socket) -> Order:
    functions = tuple(FunctionOrder(each.name, each.handler, each.kind) for each in worker.functions)
    return Order(worker.upstream, str((folder / worker.module).absolute()), functions, listener.fileno())


async def _write(process: Process, line: str) -> None:
    """Write one line to *process*; that it is gone will show elsewhere."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    try:
        await process.stdin.drain()
    except ConnectionError:
        return


async def _report(process: Process, module: str) -> Report:
    """Return what *process* reports, or what is to be said of one that does not."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_LOADED_WITHIN):
            line = await process.stdout.readline()
            if line:
                return msgspec.json.decode(line, type=Report)
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return _not_loaded(f"{module} is not loaded after {_LOADED_WITHIN:g} s")
    return _not_loaded(f"{module} ends its process while it is loaded, with status {status}")


def _not_loaded(problem: str) -> Report:
    return Report(loaded=False, findings=(Finding(problem, hint="the log has the whole of it"),))


async def _relay(stream: asyncio.StreamReader, upstream: str) -> None:
    """Write each line that a worker writes to our log."""
    log = structlog.get_logger("gloo.functions").bind(upstream=upstream)
    async for line in lines(stream):
        log.info(line)
