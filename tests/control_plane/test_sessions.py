"""Sessions beside the secrets of a store: asked for, renewed, kept while they count."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from structlog.testing import capture_logs

from gloo.control_plane.secrets import BUG
from gloo.control_plane.sessions import SessionSecrets, offline_sessions
from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.plugins.aws_session import PROBLEM, AwsSession
from gloo.plugins.aws_sts import Granted
from gloo.storage.base import DocumentProblem, SecretState
from gloo.storage.memory import MemorySecrets

ROLE = AwsSession(region="eu-west-1", sts="https://sts.example.org", secret_ref="base", role_arn="arn:r")
OTHER = AwsSession(region="eu-west-1", sts="https://sts.example.org")
NAMES = frozenset([ROLE.name])


class Aws:
    """Grants keys with numbers, or fails when told to."""

    def __init__(self, lasting: float = 3600.0) -> None:
        self.lasting, self.now, self.asked = lasting, 0.0, 0
        self.fault, self.refused = "", asyncio.Event()

    async def ask(self, session: AwsSession, base: Secret | None) -> Granted:
        self.asked += 1
        if self.fault:
            self.refused.set()
            raise StorageError(self.fault)
        name = base.data["access_key"] if base else "environment"
        return Granted(AwsCredentials(f"{name}-{self.asked}", "s", "t"), self.now + self.lasting)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def store() -> MemorySecrets:
    return MemorySecrets({"base": {"access_key": "A"}})


async def test_a_session_is_there_with_the_first_state_and_its_base_is_not(store: MemorySecrets) -> None:
    aws = Aws()
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        state = await anext(states)
    assert state.secrets.keys() == NAMES
    assert state.secrets[ROLE.name].data["access_key"] == "A-1"


async def test_a_changed_base_asks_again_at_once(store: MemorySecrets) -> None:
    aws = Aws()
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        await anext(states)
        store.write("base", {"access_key": "B"})
        async with asyncio.timeout(5):
            state = await anext(states)
    assert state.secrets[ROLE.name].data["access_key"] == "B-2"


async def test_keys_are_renewed_before_they_end(store: MemorySecrets) -> None:
    aws = Aws(lasting=0.2)
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        keys = [(await anext(states)).secrets[ROLE.name].data["access_key"] for _ in range(2)]
    assert keys == ["A-1", "A-2"]


async def test_a_watch_of_other_names_keeps_the_keys_that_count(store: MemorySecrets) -> None:
    aws = Aws()
    secrets = SessionSecrets(store, ask=aws.ask, clock=aws.clock)
    for names in (NAMES, NAMES | {"base"}, NAMES):
        async with aclosing(secrets.watch(names)) as states:
            state = await anext(states)
        assert state.secrets.keys() == names
        assert state.secrets[ROLE.name].data["access_key"] == "A-1"
    assert aws.asked == 1


async def test_a_failed_renewal_keeps_keys_until_they_end(store: MemorySecrets) -> None:
    aws = Aws(lasting=0.2)
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        first = await anext(states)
        aws.fault = "403 AccessDenied"
        next_state = asyncio.ensure_future(anext(states))
        async with asyncio.timeout(10):
            await aws.refused.wait()
        assert "access_key" in first.secrets[ROLE.name].data
        assert not next_state.done()  # nothing changed: the keys still count
        aws.now = 10.0
        state = await asyncio.wait_for(next_state, 10)
    assert state.secrets[ROLE.name].data == {PROBLEM: "403 AccessDenied"}


async def test_a_base_with_which_nothing_is_granted_ends_no_keys_that_count(store: MemorySecrets) -> None:
    aws = Aws()
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        await anext(states)
        aws.fault = "403 AccessDenied"
        store.write("base", {"access_key": "B"})
        next_state = asyncio.ensure_future(anext(states))
        async with asyncio.timeout(10):
            await aws.refused.wait()
            aws.fault = ""
            state = await next_state
    assert state.secrets[ROLE.name].data["access_key"] == "B-3"


async def test_without_keys_the_reason_stands_in_their_place_until_there_are_some(store: MemorySecrets) -> None:
    aws = Aws()
    aws.fault = "403 AccessDenied"
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(NAMES)) as states:
        assert (await anext(states)).secrets[ROLE.name].data == {PROBLEM: "403 AccessDenied"}
        aws.fault = ""
        async with asyncio.timeout(10):
            assert (await anext(states)).secrets[ROLE.name].data["access_key"] == "A-2"


async def test_a_session_without_a_base_is_asked_for_without_one(store: MemorySecrets) -> None:
    aws = Aws()
    names = frozenset([OTHER.name, "base"])
    async with aclosing(SessionSecrets(store, ask=aws.ask, clock=aws.clock).watch(names)) as states:
        state = await anext(states)
    assert state.secrets[OTHER.name].data["access_key"] == "environment-1"
    assert state.secrets["base"].data == {"access_key": "A"}


class Flaky(MemorySecrets):
    """Fails with `fault` whenever a watch begins; a `silent` one says nothing."""

    fault: Exception | None = None
    silent = False

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        if self.silent:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        async with aclosing(super().watch(names)) as states:
            async for state in states:
                yield state


@pytest.fixture
def flaky() -> Flaky:
    return Flaky({"base": {"access_key": "A"}})


@pytest.mark.parametrize(
    ("fault", "told"), [(StorageError("out of order"), "out of order"), (ValueError("canary"), BUG)]
)
async def test_a_store_that_fails_is_told_beside_the_keys_that_need_nothing_of_it(
    flaky: Flaky, fault: Exception, told: str
) -> None:
    aws, flaky.fault = Aws(), fault
    with capture_logs() as logs:
        async with aclosing(
            SessionSecrets(flaky, ask=aws.ask, clock=aws.clock).watch(NAMES | {OTHER.name, "base"})
        ) as states:
            state = await anext(states)
            assert state.problems == (DocumentProblem("", told),)
            assert state.secrets[OTHER.name].data["access_key"] == "environment-1"
            assert state.secrets[ROLE.name].data == {PROBLEM: "the keys are not there yet"}
            flaky.fault = None
            async with asyncio.timeout(5):
                while (state := await anext(states)).problems or PROBLEM in state.secrets[ROLE.name].data:
                    pass
    assert state.secrets["base"].data == {"access_key": "A"}
    assert "canary" not in str(logs)


async def test_a_watch_of_other_names_keeps_what_was_good_while_the_store_fails(flaky: Flaky) -> None:
    aws = Aws(lasting=0.2)
    secrets = SessionSecrets(flaky, ask=aws.ask, clock=aws.clock)
    async with aclosing(secrets.watch(NAMES | {"base"})) as states:
        first = await anext(states)
    flaky.fault = StorageError("out of order")
    async with aclosing(secrets.watch(NAMES | {"base", "other"})) as states:
        state = await anext(states)
        assert (state.secrets, state.problems) == (first.secrets, (DocumentProblem("", "out of order"),))
        async with asyncio.timeout(5):
            state = await anext(states)
    assert state.secrets[ROLE.name].data["access_key"] == "A-2"  # renewed all the same


async def test_keys_that_need_nothing_of_the_store_do_not_wait_for_its_answer(
    flaky: Flaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gloo.control_plane.sessions._PATIENCE", 0.05)
    aws, flaky.silent = Aws(), True
    names = frozenset([OTHER.name, "base"])
    async with aclosing(SessionSecrets(flaky, ask=aws.ask, clock=aws.clock).watch(names)) as states, asyncio.timeout(5):
        state = await anext(states)
    assert state.secrets.keys() == {OTHER.name}
    assert [each.problem for each in state.problems] == ["the store of secrets has not answered yet"]


async def test_a_bug_about_one_session_ends_no_other(store: MemorySecrets) -> None:
    aws = Aws()

    async def ask(session: AwsSession, base: Secret | None) -> Granted:
        if base is not None:
            raise ValueError("canary")
        return await aws.ask(session, base)

    with capture_logs() as logs:
        async with aclosing(SessionSecrets(store, ask=ask, clock=aws.clock).watch(NAMES | {OTHER.name})) as states:
            state = await anext(states)
    assert state.secrets[OTHER.name].data["access_key"] == "environment-1"
    assert state.secrets[ROLE.name].data == {PROBLEM: "a bug kept them from being asked for, the log has it"}
    (bug,) = (each for each in logs if each["log_level"] == "error")
    assert (bug["event"], bug["error"], bug["of"]) == ("a bug: keys were not asked for", "ValueError", "arn:r")
    assert "test_sessions.py" in bug["at"] and "canary" not in str(logs)


def test_offline_a_session_has_keys_that_nobody_was_asked_for() -> None:
    secrets = offline_sessions(NAMES | {"base"})
    assert secrets.keys() == NAMES
    assert secrets[ROLE.name].data["access_key"] == "not-asked-for"
