"""A store of secrets that makes some itself: sessions of AWS, renewed before they end.

Those that rest on no secret of the store need nothing of it: they are there, and renewed, while it is down.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, aclosing, suppress

import structlog

from gloo.control_plane.secrets import BUG, tell_bug
from gloo.errors import StorageError
from gloo.model.base import Value
from gloo.model.secret import Secret
from gloo.plugins.aws_session import NOT_ASKED_FOR, PROBLEM, AwsSession, offline_secret, session_of, session_secret
from gloo.plugins.aws_sts import Granted
from gloo.storage.base import DocumentProblem, SecretState, SecretStorage

_PATIENCE = 3.0  # seconds until those who wait for the first state get it without the sessions that take longer
_RENEW_AFTER = 0.75  # of the time that keys have left
_LOOK_AGAIN = 30.0  # seconds between two looks at keys that may change without notice: those of a file
_LONGEST_PAUSE = 30.0  # seconds between two tries
_LONGEST_STORE_PAUSE = 10.0  # the same, of a store
_SILENT = "the store of secrets has not answered yet"

Ask = Callable[[AwsSession, Secret | None], Awaitable[Granted]]
_log = structlog.get_logger("gloo.sessions")


def offline_sessions(names: frozenset[str]) -> dict[str, Secret]:
    """Return what stands for the sessions among *names* where nobody is asked for keys."""
    return {name: offline_secret(session) for name, session in _sessions(names).items()}


async def ask_nobody(_session: AwsSession, _base: Secret | None) -> Granted:
    """Return what stands for keys, for a gateway that is to ask nobody for any."""
    return Granted(NOT_ASKED_FOR)


def _sessions(names: frozenset[str]) -> dict[str, AwsSession]:
    found = ((name, session_of(name)) for name in names)
    return {name: session for name, session in found if session is not None}


class SessionSecrets:
    """Secrets of *store*, and sessions by their names.

    A store that fails is a problem of the state, which keeps the last good secrets; it is tried again.

    Args:
        ask: gets the keys of a session; raises StorageError.
        clock: seconds since 1970.
    """

    def __init__(self, store: SecretStorage, *, ask: Ask, clock: Callable[[], float] = time.time) -> None:
        self._store, self._ask, self._clock = store, ask, clock
        self._held: dict[str, _Held] = {}
        self._good: Mapping[str, Secret] = {}

    def place(self, name: str) -> str:
        return self._store.place(name)

    async def names(self) -> frozenset[str]:
        return await self._store.names()

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        sessions = _sessions(names)
        self._held = {name: held for name, held in self._held.items() if name in sessions}
        async with AsyncExitStack() as stack:
            watching = _Watching(names - sessions.keys(), tuple(sessions.values()))
            needed = watching.names | {each.secret_ref for each in sessions.values() if each.secret_ref}
            stack.push_async_callback(watching.stop)
            for session in watching.sessions:
                if not session.secret_ref:
                    watching.begin(session.name, self._keep(session, None, watching))
            watching.begin("secrets", self._follow(frozenset(needed), watching))
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await watching.complete.wait()
            if watching.stored is None and watching.sessions:
                self._fall_back(_SILENT, frozenset(needed), watching)
            last: SecretState | None = None
            while True:
                watching.check()
                state = self._state(watching)
                if state is not None and state != last:
                    last = state
                    yield state
                await watching.changed.wait()
                watching.changed.clear()

    def _state(self, watching: "_Watching") -> SecretState | None:
        stored = watching.stored
        if stored is None:
            return None
        secrets = {name: secret for name, secret in stored.secrets.items() if name in watching.names}
        secrets |= {each.name: self._secret(each) for each in watching.sessions}
        return SecretState(secrets, stored.problems)

    def _secret(self, session: AwsSession) -> Secret:
        held = self._held.get(session.name)
        return held.secret if held else Secret(session.name, {PROBLEM: "the keys are not there yet"})

    async def _follow(self, names: frozenset[str], watching: "_Watching") -> None:
        """Follow the store, and keep each session that rests on one of its secrets in step with it."""
        pause = 0.1
        while True:
            try:
                async with aclosing(self._store.watch(names)) as states:
                    async for state in states:
                        pause, self._good = 0.1, state.secrets
                        self._take(state, watching, sure=True)
            except StorageError as error:
                self._fall_back(str(error), names, watching)
            except Exception as error:  # noqa: BLE001 - a bug of a store must not end the sessions beside it
                tell_bug("the secrets are not followed", error)
                self._fall_back(BUG, names, watching)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all ask at once
            pause = min(2 * pause, _LONGEST_STORE_PAUSE)

    def _fall_back(self, problem: str, names: frozenset[str], watching: "_Watching") -> None:
        """Go on with what was good when the store was last heard."""
        known = {name: secret for name, secret in self._good.items() if name in names}
        self._take(SecretState(known, (DocumentProblem("", problem),)), watching, sure=False)

    def _take(self, state: SecretState, watching: "_Watching", *, sure: bool) -> None:
        """Take the secrets of *state*; *sure* that there are no others, else sessions may wait for theirs."""
        before, watching.stored = watching.stored, state
        for session in watching.sessions:
            base = state.secrets.get(session.secret_ref)
            same = before is not None and base is before.secrets.get(session.secret_ref)
            if not session.secret_ref or (same and watching.has_begun(session)):
                continue
            if sure or base is not None or session.name in self._held:
                watching.begin(session.name, self._keep(session, base, watching))
        self._done(watching)

    async def _keep(self, session: AwsSession, base: Secret | None, watching: "_Watching") -> None:
        """Have the keys of *session* at any time."""
        held, pause = self._held.get(session.name), 1.0
        if held is not None and held.base == base and (wait := held.renewal - self._clock()) > 0:
            self._done(watching)
            await asyncio.sleep(wait)
        while True:
            try:
                granted = await self._ask(session, base)
                held = self._grant(session, base, granted)
                wait, pause = max(1.0, held.renewal - self._clock()), 1.0
            except StorageError as error:
                wait, pause = pause, min(2 * pause, _LONGEST_PAUSE)
                self._fail(session, base, str(error))
            except Exception as error:  # noqa: BLE001 - a bug about one session must not end the others
                wait, pause = pause, min(2 * pause, _LONGEST_PAUSE)
                tell_bug("keys were not asked for", error, of=_source(session))
                self._fail(session, base, "a bug kept them from being asked for, the log has it")
            self._done(watching)
            await asyncio.sleep(wait)

    def _done(self, watching: "_Watching") -> None:
        begun = (each for each in watching.sessions if watching.has_begun(each))
        watching.tell(complete=watching.stored is not None and all(each.name in self._held for each in begun))

    def _grant(self, session: AwsSession, base: Secret | None, granted: Granted) -> "_Held":
        now, until = self._clock(), granted.until
        renewal = now + (_LOOK_AGAIN if until is None else _RENEW_AFTER * (until - now))
        secret, before = session_secret(session, granted.keys), self._held.get(session.name)
        same = before is not None and before.secret == secret
        self._held[session.name] = _Held(before.secret if same and before else secret, base, renewal, until)
        return self._held[session.name]

    def _fail(self, session: AwsSession, base: Secret | None, problem: str) -> None:
        held, now = self._held.get(session.name), self._clock()
        about = _source(session)
        if held is not None and held.counts(now):
            _log.warning("keys can't be renewed, keeping those that still count", of=about, problem=problem)
            return
        if held is None or held.secret.data.get(PROBLEM) != problem:
            _log.warning("there are no keys", of=about, problem=problem)
        self._held[session.name] = _Held(Secret(session.name, {PROBLEM: problem}), base, now, None)


def _source(session: AwsSession) -> str:
    return session.role_arn or "the environment"


class _Held(Value, frozen=True):
    """What is known of a session; *base* is the secret that it rests on, *renewal* when it is asked for again."""

    secret: Secret
    base: Secret | None
    renewal: float
    until: float | None

    def counts(self, now: float) -> bool:
        """Tell whether there are keys that did not end."""
        return PROBLEM not in self.secret.data and (self.until is None or self.until > now)


class _Watching:
    """One watch: its tasks, and what they have found out."""

    def __init__(self, names: frozenset[str], sessions: tuple[AwsSession, ...]) -> None:
        self.names, self.sessions = names, sessions
        self.stored: SecretState | None = None
        self.changed, self.complete = asyncio.Event(), asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Do *work* in place of what was begun under *name*."""
        if name in self._tasks:
            self._tasks[name].cancel()
        task = self._tasks[name] = asyncio.create_task(work, name=name)
        task.add_done_callback(lambda _: self.tell(complete=True))

    def has_begun(self, session: AwsSession) -> bool:
        """Tell whether the keys of *session* are being had."""
        return session.name in self._tasks

    def tell(self, *, complete: bool) -> None:
        self.changed.set()
        if complete:
            self.complete.set()

    def check(self) -> None:
        """Raise what a task ended with."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled():
                task.result()

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
