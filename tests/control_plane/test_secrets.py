"""Only the secrets that are named are watched."""

import asyncio
from collections.abc import AsyncGenerator

from structlog.testing import capture_logs

from gloo.control_plane.secrets import BUG, SecretWatch
from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.storage.base import DocumentProblem, SecretState
from gloo.storage.memory import MemorySecrets


async def test_the_named_secrets_are_there_when_want_returns_and_no_others() -> None:
    watch = SecretWatch(MemorySecrets({"a": {"key": "1"}, "b": {"key": "2"}}), lambda: None)
    async with asyncio.TaskGroup() as group:
        await watch.want(frozenset({"a", "missing"}), group)

        assert {name: secret.data["key"] for name, secret in watch.secrets.items()} == {"a": "1"}
        await watch.stop()


async def test_a_changed_secret_is_told() -> None:
    storage = MemorySecrets({"a": {"key": "1"}})
    told = asyncio.Event()
    watch = SecretWatch(storage, told.set)
    async with asyncio.TaskGroup() as group:
        await watch.want(frozenset({"a"}), group)
        assert not told.is_set()

        storage.write("a", {"key": "2"})
        await asyncio.wait_for(told.wait(), 5)

        assert watch.secrets["a"].data["key"] == "2"
        await watch.stop()


async def test_a_name_that_is_wanted_no_more_is_forgotten() -> None:
    watch = SecretWatch(MemorySecrets({"a": {"key": "1"}}), lambda: None)
    async with asyncio.TaskGroup() as group:
        await watch.want(frozenset({"a"}), group)
        await watch.want(frozenset(), group)

        assert dict(watch.secrets) == {}


class ScriptedSecrets(MemorySecrets):
    """Yields what it is told to, one after the other; raises what is an error."""

    def __init__(self, *states: SecretState | Exception) -> None:
        super().__init__()
        self.states = list(states)

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        while self.states:
            state = self.states.pop(0)
            if isinstance(state, Exception):
                raise state
            yield state
        await asyncio.Event().wait()


async def test_what_is_wrong_is_logged_once_and_that_it_is_over() -> None:
    denied = DocumentProblem("a", "Vault refuses secret/data/gloo/a: permission denied")
    down = DocumentProblem("", "Vault at http://v can't be reached")
    good = {"a": Secret("a", {"key": "1"})}
    told = asyncio.Event()
    storage = ScriptedSecrets(
        SecretState(problems=(denied,)),
        SecretState({"b": Secret("b", {})}, problems=(denied,)),
        SecretState(problems=(down,)),
        SecretState(good),
    )
    watch = SecretWatch(storage, lambda: told.set() if watch.secrets == good else None)
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            await watch.want(frozenset({"a", "b"}), group)
            await asyncio.wait_for(told.wait(), 5)
            assert watch.problems == ()
            await watch.stop()
    assert [(each["event"], each.get("secret", "")) for each in logs] == [
        ("a secret can't be used", ""),
        ("there is no such secret yet", "b"),
        ("the secret store fails, keeping what is known", ""),
        ("the secret store answers again", ""),
        ("there is no such secret yet", "b"),
    ]
    assert logs[1]["place"] == "b"


async def test_a_store_that_fails_keeps_what_is_known_and_is_watched_again() -> None:
    good = SecretState({"a": Secret("a", {"key": "1"})})
    storage = ScriptedSecrets(StorageError("down"), good)
    told = asyncio.Event()
    watch = SecretWatch(storage, told.set)
    async with asyncio.TaskGroup() as group:
        await watch.want(frozenset({"a"}), group)
        assert [each.problem for each in watch.problems] == ["down"]
        await asyncio.wait_for(told.wait(), 5)
        assert (watch.secrets, watch.problems) == (good.secrets, ())
        await watch.stop()


class FailsForMore(MemorySecrets):
    """Fails the first time that `b` is wanted."""

    def __init__(self) -> None:
        super().__init__({"a": {"key": "1"}, "b": {"key": "2"}})
        self.has_failed = False

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        if "b" in names and not self.has_failed:
            self.has_failed = True
            raise StorageError("down")
        async for state in super().watch(names):
            yield state


async def test_a_store_that_fails_when_more_is_wanted_keeps_what_is_known_and_tells_what_comes_later() -> None:
    told = asyncio.Event()
    watch = SecretWatch(FailsForMore(), told.set)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        await watch.want(frozenset({"a"}), group)
        await watch.want(frozenset({"a", "b"}), group)
        assert (list(watch.secrets), told.is_set()) == (["a"], False)
        await told.wait()
        assert (list(watch.secrets), watch.problems) == (["a", "b"], ())
        await watch.stop()


async def test_a_bug_of_a_store_keeps_what_is_known_and_shows_nothing_of_it() -> None:
    good = SecretState({"a": Secret("a", {"key": "1"})})
    canary = ExceptionGroup("canary", [ValueError("canary")])
    storage = ScriptedSecrets(good, canary, SecretState({"a": Secret("a", {"key": "2"})}))
    states: list[tuple[str, ...]] = []
    done = asyncio.Event()

    def told() -> None:
        states.append((watch.secrets["a"].data["key"], *(each.problem for each in watch.problems)))
        if len(states) == 2:
            done.set()

    watch = SecretWatch(storage, told)
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            await watch.want(frozenset({"a"}), group)
            await asyncio.wait_for(done.wait(), 5)
            await watch.stop()
    assert states == [("1", BUG), ("2",)]
    assert "canary" not in str(logs)
    assert [each["error"] for each in logs if each["log_level"] == "error"] == ["ValueError"]
