"""The loop asks whom it is to ask, at the time that it is to, and keeps what it is told. Time is the test's own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.discovery.upstreams import faas, has

from gloo.discovery.known import Known, answered
from gloo.discovery.loop import AT_ONCE, DiscoveryLoop, Timing
from gloo.discovery.wanted import Wanted
from gloo.errors import DiscoveryError, StorageError
from gloo.model.base import replace
from gloo.model.secret import Secret
from gloo.plugins.discovery import Discovered

Say = Callable[[Wanted], Discovered]


@dataclass(slots=True)
class Clock:
    """A time that passes when everybody waits: the test moves it on, and sees when each question came."""

    now: float = 1000.0
    waiting: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    async def pause(self, seconds: float) -> None:
        if seconds <= 0:
            return await asyncio.sleep(0)
        future = asyncio.get_running_loop().create_future()
        entry = (self.now + seconds, future)
        self.waiting.append(entry)
        try:
            await future
        finally:
            self.waiting.remove(entry)

    async def pass_by(self, seconds: float) -> None:
        """Let so much time pass, and all that happens in it happen in its order."""
        end = self.now + seconds
        await quiet()
        while due := sorted(moment for moment, _ in self.waiting if moment <= end):
            self.now = due[0]
            for moment, future in tuple(self.waiting):
                if moment <= self.now and not future.done():
                    future.set_result(None)
            await quiet()
        self.now = end


async def quiet() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Asked:
    """An upstream that answers as the test says, and the times at which it was asked."""

    clock: Clock
    say: Say
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    takes: float = 0.0

    async def ask(self, wanted: Wanted) -> Discovered:
        self.times.append(self.clock.now)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.clock.pause(self.takes)
            return self.say(wanted)
        finally:
            self.at_once -= 1


@dataclass(slots=True)
class Bench:
    """A running loop with all that it knows of the world."""

    loop: DiscoveryLoop
    clock: Clock
    asked: Asked
    told: list[int]
    recorded: list[Mapping[str, Known]]

    def names(self, upstream: str = "faas") -> list[str]:
        return [each.name for each in self.loop.known[upstream].functions]


@asynccontextmanager
async def bench(say: Say, known: Mapping[str, Known] | None = None, *, takes: float = 0.0) -> AsyncIterator[Bench]:
    clock = Clock()
    asked = Asked(clock, say, takes=takes)
    recorded: list[Mapping[str, Known]] = []
    timing = Timing(clock=lambda: clock.now, pause=clock.pause, chance=lambda: 0.5)
    loop = DiscoveryLoop(asked.ask, known=known, record=recorded.append, timing=timing)
    told: list[int] = []
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run(lambda: told.append(1)))
        yield Bench(loop, clock, asked, told, recorded)
        task.cancel()


def fails(wanted: Wanted) -> Discovered:
    raise DiscoveryError("no answer")


def in_turn(*says: Say) -> Say:
    """Return what answers as each of *says*, one after the other, and as the last of them from then on."""
    left = list(says)

    def say(wanted: Wanted) -> Discovered:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now(wanted)

    return say


async def test_nobody_is_asked_as_long_as_nobody_is_to_be() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({})
        await it.clock.pass_by(86_400)
        assert (it.asked.times, it.loop.known) == ([], {})


async def test_an_upstream_is_asked_at_once_and_then_at_its_own_pace() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": faas(every="5m")})
        await it.clock.pass_by(900)
        assert it.asked.times == [1000, 1300, 1600, 1900]
        assert it.names() == ["a"]
        assert it.told == [1]


async def test_one_that_fails_is_asked_more_and_more_seldom_and_soon_again_after_it_answered() -> None:
    async with bench(in_turn(*[fails] * 5, lambda wanted: has("a"))) as it:
        it.loop.follow({"faas": faas(every="5m")})
        await it.clock.pass_by(620)
        waits = [after - before for before, after in zip(it.asked.times, it.asked.times[1:], strict=False)]
        assert waits == [10, 20, 40, 80, 160, 300]
        assert it.loop.known["faas"].failures == 0


async def test_one_that_always_fails_is_asked_a_hundred_times_a_day() -> None:
    async with bench(fails) as it:
        it.loop.follow({"faas": faas(every="1s")})
        await it.clock.pass_by(86_400)
        assert 90 < len(it.asked.times) < 110
        assert it.told == [1]


async def test_one_that_wants_to_be_left_alone_is() -> None:
    def busy(wanted: Wanted) -> Discovered:
        raise DiscoveryError("busy", wait=500)

    async with bench(busy) as it:
        it.loop.follow({"faas": faas(every="1s")})
        await it.clock.pass_by(1100)
        assert it.asked.times == [1000, 1500, 2000]


async def test_a_failure_keeps_what_is_known_and_is_told_once() -> None:
    async with bench(in_turn(lambda wanted: has("a"), fails)) as it:
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(311)
        assert (it.names(), it.loop.known["faas"].failures, it.told) == (["a"], 2, [1, 1])


async def test_only_a_few_are_asked_at_the_same_time() -> None:
    async with bench(lambda wanted: has("a"), takes=5) as it:
        it.loop.follow({f"faas-{index}": faas(f"faas-{index}") for index in range(20)})
        await it.clock.pass_by(60)
        assert (it.asked.most_at_once, len(it.loop.known)) == (AT_ONCE, 20)


async def test_what_is_no_longer_wanted_is_not_asked_and_forgotten() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": faas(), "other": faas("other")})
        await it.clock.pass_by(1)
        it.loop.follow({"other": faas("other")})
        assert it.loop.known.keys() == {"other"}
        await it.clock.pass_by(301)
        assert len(it.asked.times) == 3


async def test_one_that_is_somewhere_else_now_is_asked_anew_and_what_was_known_is_gone() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(1)
        it.loop.follow({"faas": faas(gateway="http://127.0.0.1:2")})
        assert it.loop.known == {}
        await it.clock.pass_by(1)
        assert (it.names(), len(it.asked.times)) == (["a"], 2)


async def test_a_secret_that_is_mended_is_tried_at_once() -> None:
    wrong = replace(faas(), secrets={"keys": Secret("keys", {})})
    async with bench(lambda wanted: fails(wanted) if wanted.secrets else has("a")) as it:
        it.loop.follow({"faas": wrong})
        await it.clock.pass_by(100)
        asked = len(it.asked.times)
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(1)
        assert (it.names(), len(it.asked.times)) == (["a"], asked + 1)


async def test_one_whose_secret_does_not_exist_is_not_asked_until_it_does() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": replace(faas(), lacking=("keys",))})
        await it.clock.pass_by(10_000)
        assert (it.asked.times, it.loop.known) == ([], {})
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(1)
        assert it.names() == ["a"]


async def test_a_secret_that_changes_while_all_is_well_asks_nobody() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(10)
        it.loop.follow({"faas": replace(faas(), secrets={"keys": Secret("keys", {})})})
        await it.clock.pass_by(10)
        assert it.asked.times == [1000]


async def test_a_restart_knows_what_was_known_and_asks_no_sooner() -> None:
    before = answered(faas(), None, has("a"), now=900)
    async with bench(lambda wanted: has("b"), {"faas": before, "gone": before}) as it:
        it.loop.follow({"faas": faas()})
        assert (it.names(), list(it.loop.known)) == (["a"], ["faas"])
        await it.clock.pass_by(199)
        assert it.asked.times == []
        await it.clock.pass_by(1)
        assert it.names() == ["b"]


async def test_a_bug_in_one_plugin_stops_no_other() -> None:
    def buggy(wanted: Wanted) -> Discovered:
        if wanted.upstream.name == "bad":
            raise ZeroDivisionError
        return has("a")

    async with bench(buggy) as it:
        it.loop.follow({"bad": faas("bad"), "faas": faas()})
        await it.clock.pass_by(1)
        assert it.names() == ["a"]
        assert it.loop.known["bad"].problems[0].problem == "a bug in the plugin of openfaas"


async def test_what_is_known_is_recorded_and_a_record_that_fails_stops_nothing() -> None:
    async with bench(lambda wanted: has("a")) as it:
        it.loop.follow({"faas": faas()})
        await it.clock.pass_by(1)
        async with asyncio.timeout(5):
            while not it.recorded:  # noqa: ASYNC110 - it is written in a thread
                await asyncio.sleep(0.001)
        assert [each.name for each in it.recorded[-1]["faas"].functions] == ["a"]

    def refuse(known: Mapping[str, Known]) -> None:
        refused.append(1)
        raise StorageError("full")

    refused: list[int] = []
    async with bench(lambda wanted: has("a")) as it:
        it.loop._record = refuse
        it.loop.follow({"faas": faas()})
        async with asyncio.timeout(5):
            while len(refused) < 1:
                await it.clock.pass_by(300)
                await asyncio.sleep(0.001)
        assert it.names() == ["a"]
