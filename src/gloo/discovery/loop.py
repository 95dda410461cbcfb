"""Asking upstreams again and again, each at its own pace, a few at a time; what they said is kept."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from gloo.discovery.known import Known, answered, failed
from gloo.discovery.merge import useful
from gloo.discovery.pace import Pace
from gloo.discovery.polite import Pause
from gloo.discovery.wanted import Wanted
from gloo.errors import ConfigError, DiscoveryError, StorageError
from gloo.model.base import Value
from gloo.plugins.discovery import Discovered

AT_ONCE = 4
"""How many upstreams are asked at the same time."""

Ask = Callable[[Wanted], Awaitable[Discovered]]
Record = Callable[[Mapping[str, Known]], None]
_log = structlog.get_logger("gloo.discovery")


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, the waiting and the chance that decide when upstreams are asked."""

    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], float] = time.time
    pause: Pause = asyncio.sleep
    chance: Callable[[], float] = random.random


class _Kept(Value, frozen=True):
    wanted: Wanted
    task: "asyncio.Task[None]"


class DiscoveryLoop:
    """Keeps what is known of the upstreams that are to be asked.

    Args:
        ask: asks one upstream; raises ConfigError or DiscoveryError.
        known: what an earlier run knew.
        record: keeps what is known for a later run; called in a thread, after each question.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        known: Mapping[str, Known] | None = None,
        record: Record | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._ask, self._record, self._timing = ask, record, timing or Timing()
        self._known: Mapping[str, Known] = dict(known or {})
        self._wanted: Mapping[str, Wanted] = {}
        self._kept: dict[str, _Kept] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._wake, self._to_record = asyncio.Event(), asyncio.Event()

    @property
    def known(self) -> Mapping[str, Known]:
        """What is known of the upstreams that are to be asked, by name."""
        return self._known

    def follow(self, wanted: Mapping[str, Wanted]) -> None:
        """Ask these upstreams from now on, and no others; forget what is known of others."""
        kept = useful(self._known, wanted)
        if kept.keys() != self._known.keys():
            self._known = kept
            self._to_record.set()
        if wanted != self._wanted:
            self._wanted = wanted
            self._wake.set()

    async def run(self, tell: Callable[[], None]) -> None:
        """Ask until cancelled; *tell* is called when something else is known than before."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_record(), name="record of discovery")
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._follow(group, tell)

    async def _follow(self, group: asyncio.TaskGroup, tell: Callable[[], None]) -> None:
        wanted = self._wanted
        for name, kept in list(self._kept.items()):
            if wanted.get(name) != kept.wanted:
                kept.task.cancel()
                await asyncio.wait({kept.task})
        for name, each in wanted.items():
            before = self._kept.get(name)
            if before is None or before.wanted != each:
                work = self._keep(name, each, tell, changed=before is not None)
                self._kept[name] = _Kept(each, group.create_task(work, name=f"discovery of {name}"))
        for name in self._kept.keys() - wanted.keys():
            del self._kept[name]

    async def _keep(self, name: str, wanted: Wanted, tell: Callable[[], None], *, changed: bool) -> None:
        """Ask one upstream again and again; at once when it is asked in another way now and failed before.

        One whose secret does not exist is left alone: translation tells that, and a secret that comes changes *wanted*.
        """
        if wanted.lacking:
            return
        timing, every = self._timing, wanted.discovery.every.seconds
        known = self._known.get(name)
        heals = changed and known is not None and known.failures > 0
        pause = 0.0 if heals else timing.pace.first(every, known, now=timing.clock())
        while True:
            await timing.pause(pause)
            async with self._slots:
                new, wait = await self._asked(wanted, self._known.get(name))
            self._take(name, new, tell)
            pause = timing.pace.next(every, new.failures, wait=wait, chance=timing.chance())

    async def _asked(self, wanted: Wanted, before: Known | None) -> tuple[Known, float]:
        """Return what is known after asking, and how long the upstream wants to be left alone."""
        try:
            discovered = await self._ask(wanted)
        except (ConfigError, DiscoveryError) as error:
            wait = error.wait if isinstance(error, DiscoveryError) else 0.0
            return failed(wanted, before, error, now=self._timing.clock()), wait
        except Exception:  # noqa: BLE001 - a bug of one plugin must not end the questions to others
            _log.exception("a bug: an upstream was not asked for its functions", upstream=wanted.upstream.name)
            bug = DiscoveryError(f"a bug in the plugin of {wanted.upstream.type}", "the log has it")
            return failed(wanted, before, bug, now=self._timing.clock()), 0.0
        return answered(wanted, before, discovered, now=self._timing.clock()), 0.0

    def _take(self, name: str, new: Known, tell: Callable[[], None]) -> None:
        before = self._known.get(name)
        self._known = {**self._known, name: new}
        self._to_record.set()
        if before is None or before.functions is not new.functions:
            count = len(before.functions) if before is not None else 0
            _log.info("functions discovered", upstream=name, functions=len(new.functions), before=count)
        if before is None or (before.functions, before.problems) != (new.functions, new.problems):
            tell()

    async def _keep_record(self) -> None:
        while True:
            await self._to_record.wait()
            self._to_record.clear()
            if self._record is None:
                continue
            try:
                await asyncio.to_thread(self._record, self._known)
            except (StorageError, OSError) as error:
                _log.warning("what is known of functions can't be written", problem=str(error))
