"""Only the secrets that are named are watched."""

import asyncio

from gloo.control_plane.secrets import SecretWatch
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
