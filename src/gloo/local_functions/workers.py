"""All workers of a gateway: they follow the translation."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path

import structlog

from gloo.errors import StorageError
from gloo.local_functions.keeper import Keeper
from gloo.local_functions.orders import Report
from gloo.local_functions.reading import problem_of
from gloo.model.base import Value
from gloo.model.status import Problem
from gloo.plugins.base import PythonWorker
from gloo.storage.folder_watch import changes

_STARTED_WITHIN = 10.0  # seconds that the gateway waits for functions before it says that it is ready

Note = Callable[[Mapping[str, tuple[Problem, ...]]], None]


class _Kept(Value, frozen=True):
    keeper: Keeper
    task: "asyncio.Task[None]"


class Workers:
    """Keeps a worker for each upstream that wants one.

    Args:
        folder: the configuration folder, which modules are below.
        place: the runtime folder, for sockets.
    """

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder.absolute(), place
        self._wanted: Mapping[str, PythonWorker] = {}
        self._wake = asyncio.Event()
        self._kept: dict[str, _Kept] = {}
        self._problems: dict[str, tuple[Problem, ...]] = {}

    def follow(self, wanted: Mapping[str, PythonWorker]) -> None:
        """Keep these workers from now on, by upstream, and no others."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._wake.set()

    async def wait_started(self) -> None:
        """Wait until each worker was started or can't be, or for a bounded time."""
        try:
            async with asyncio.timeout(_STARTED_WITHIN):
                while self._wake.is_set():  # noqa: ASYNC110 - `run` is about to take up what is wanted
                    await asyncio.sleep(0)
                for kept in tuple(self._kept.values()):
                    await kept.keeper.attempted.wait()
        except TimeoutError:
            structlog.get_logger("gloo.functions").warning("functions are not loaded yet, going on without")

    async def run(self, note: Note) -> None:
        """Keep the workers until cancelled; *note* is told what is wrong with them, by upstream, at each change."""
        async with asyncio.TaskGroup() as group:
            watch: asyncio.Task[None] | None = None
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._follow(group, note)
                if self._kept and watch is None:
                    watch = group.create_task(self._watch(), name="code of functions")

    async def _follow(self, group: asyncio.TaskGroup, note: Note) -> None:
        wanted = self._wanted
        for name in self._kept.keys() - wanted.keys():
            kept = self._kept.pop(name)
            kept.task.cancel()
            await asyncio.wait({kept.task})
            self._problems.pop(name, None)
        for name, worker in wanted.items():
            if name in self._kept:
                self._kept[name].keeper.replace(worker)
                continue
            tell = partial(self._take, worker, note)
            keeper = Keeper(worker, folder=self._folder, place=self._place, tell=tell)
            self._kept[name] = _Kept(keeper, group.create_task(keeper.run(), name=f"worker of {name}"))

    def _take(self, worker: PythonWorker, note: Note, report: Report) -> None:
        current = self._wanted.get(worker.upstream, worker)
        found = tuple(problem_of(each, current) for each in report.findings)
        if found != self._problems.get(worker.upstream, ()):
            self._problems[worker.upstream] = found
            note(dict(self._problems))

    async def _watch(self) -> None:
        """Let all keepers look at their code after each change in the folder."""
        while True:
            try:
                async with aclosing(changes(self._folder)) as notices:
                    async for changed in notices:
                        if changed:
                            self._look()
            except StorageError as error:
                structlog.get_logger("gloo.functions").warning("changes of code go unseen", problem=str(error))
                await asyncio.sleep(1)

    def _look(self) -> None:
        for kept in self._kept.values():
            kept.keeper.look()
