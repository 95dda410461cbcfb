"""The straight line: watch, settle, decode, translate, check, publish, report."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from gloo.control_plane.blame import blame
from gloo.control_plane.reader import ConfigReader, Reading
from gloo.control_plane.secrets import SecretWatch
from gloo.control_plane.settle import Changes
from gloo.control_plane.state import StateFolder
from gloo.envoy.snapshot import ResourceType
from gloo.envoy.validation import validation_bootstrap
from gloo.errors import GlooError, ProxyError, StorageError
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import State as Verdict
from gloo.plugins.registry import Plugins
from gloo.storage.base import ConfigStorage, SecretStorage, State
from gloo.translator import Gateway, GoodSecrets, Translation, translate
from gloo.translator.fallback import fallback_snapshot
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.wanted_secrets import wanted_secrets
from gloo.xds.cache import SnapshotCache
from gloo.xds.messages import Verdict as XdsVerdict

Validate = Callable[[bytes], Awaitable[str | None]]
"""Says why Envoy refuses a serialised bootstrap; None when it takes it."""

_WHOLE = {ResourceType.CLUSTER, ResourceType.SECRET}  # whose bytes name the objects they are made from

_PATIENCE = 5.0  # seconds for the Envoys to judge a snapshot before its verdicts are written all the same
_OF_ONE_OBJECT = (ResourceType.CLUSTER, ResourceType.SECRET)  # a refusal of these tells whose fault it is
_LONGEST_WAIT = 3600.0  # seconds until the dates of certificates are looked at again: clocks jump


@dataclass(frozen=True, slots=True)
class Stores:
    """Where everything that users write lives."""

    config: ConfigStorage
    secrets: SecretStorage


@dataclass(frozen=True, slots=True)
class _Published:
    reading: Reading
    translation: Translation


class ControlLoop:
    """Carries what users write to Envoy, and verdicts back.

    Args:
        stores: what to watch.
        plugins: what translates.
        gateway: what translation has to know of the machine.
        state: where verdicts and last good documents are kept; None keeps them nowhere.
        validate: asks Envoy about a bootstrap, to find the route that makes it refuse a table.
    """

    def __init__(
        self,
        stores: Stores,
        plugins: Plugins,
        *,
        gateway: Gateway,
        state: StateFolder | None = None,
        validate: Validate | None = None,
    ) -> None:
        self.cache = SnapshotCache(self._judge)
        self._stores, self._plugins, self._gateway, self._state = stores, plugins, gateway, state
        self._changes = Changes()
        self._reader = ConfigReader(state.documents if state else None)
        self._secrets = SecretWatch(stores.secrets, self._changes.tell)
        self._memo, self._refusals = Memo(), Refusals()
        self._found: State | None = None
        self._published: _Published | None = None
        self._good = GoodSecrets()
        self._again: asyncio.TimerHandle | None = None
        self._to_record = asyncio.Event()
        self._validate = validate
        self._refused: list[XdsVerdict] = []
        self._to_blame = asyncio.Event()
        self._first = asyncio.Event()
        self._log = structlog.get_logger("gloo.control_plane")

    @property
    def translation(self) -> Translation | None:
        """The last translation that was published."""
        return self._published.translation if self._published else None

    async def wait_published(self) -> None:
        """Wait for the first publication."""
        await self._first.wait()

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="configuration")
            group.create_task(self._record(), name="verdicts")
            group.create_task(self._blame(), name="refusals")
            while True:
                await self._changes.settle()
                await self._step(group)

    async def _watch(self) -> None:
        wait = 0.1
        while True:
            try:
                async with aclosing(self._stores.config.watch()) as states:
                    async for state in states:
                        self._found, wait = state, 0.1
                        self._changes.tell()
            except StorageError as error:
                self._log.warning("the configuration can't be read, keeping what is known", problem=str(error))
            await asyncio.sleep(wait)
            wait = min(2 * wait, 10.0)

    async def _step(self, group: asyncio.TaskGroup) -> None:
        if self._found is None:
            return
        reading = self._reader.read(self._found)
        config = ConfigSnapshot.of(reading.objects)
        await self._secrets.want(wanted_secrets(config, self._plugins, self._memo), group)
        try:
            self._publish(reading, ConfigSnapshot.of(reading.objects, self._secrets.secrets))
        except GlooError as error:
            self._log.error("nothing is published, Envoy keeps what it has", problem=str(error))
        except Exception:  # noqa: BLE001 - a bug in one change must not stop what serves
            self._log.exception("a bug: nothing is published, Envoy keeps what it has")

    def _publish(self, reading: Reading, config: ConfigSnapshot) -> None:
        now = time.time()
        translation = translate(
            config,
            self._plugins,
            gateway=self._gateway,
            refusals=self._refusals,
            memo=self._memo,
            good=self._good,
            now=now,
        )
        for snapshot in translation.snapshots.values():
            snapshot.check()
        for role, snapshot in translation.snapshots.items():
            self.cache.publish(role, snapshot)
        for role in self.cache.roles.keys() - translation.snapshots.keys():
            self.cache.withdraw(role)
        self.cache.publish_fallback(fallback_snapshot(self._gateway, translation.snapshots))
        self._good = translation.good
        self._look_again(translation.next_turn, now)
        self._tell(reading, translation)
        self._published = _Published(reading, translation)
        self._to_record.set()
        self._first.set()

    def _look_again(self, moment: float | None, now: float) -> None:
        """Translate again when a certificate becomes valid or expires."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if moment is not None:
            wait = min(moment - now, _LONGEST_WAIT)
            self._again = asyncio.get_running_loop().call_later(wait, self._changes.tell)

    def _tell(self, reading: Reading, translation: Translation) -> None:
        """Log what is new: findings on objects and files that were not there before."""
        before = self._published
        known = before.translation.reports if before else {}
        for ref, status in translation.reports.items():
            if status == known.get(ref):
                continue
            if status.state is not Verdict.ACCEPTED or status.problems:
                for problem in status.problems:
                    self._log.warning(f"{ref}: {problem}", state=status.state.value)
            elif ref in known and known[ref].problems:
                self._log.info(f"{ref}: {status.state.value}")
        for problem in reading.problems:
            if before is None or problem not in before.reading.problems:
                self._log.warning(str(problem))

    async def _record(self) -> None:
        """Write verdicts once the Envoys have judged: Accepted means that it runs."""
        while True:
            await self._to_record.wait()
            self._to_record.clear()
            await self.cache.settled(DEFAULT_ROLE, timeout=_PATIENCE, nodes=1)
            published = self._published
            if self._state is None or published is None or self._to_record.is_set():
                continue
            reading, reports = published.reading, published.translation.reports
            try:
                await asyncio.to_thread(self._state.record, reports, reading.problems, reading.good)
            except (StorageError, OSError) as error:
                self._log.warning("the verdicts can't be written", problem=str(error))

    def _judge(self, verdicts: tuple[XdsVerdict, ...]) -> None:
        """Take note of what Envoy refuses; `_blame` finds out whose it is."""
        refused = [verdict for verdict in verdicts if not verdict.accepted]
        for verdict in refused:
            kind, name = verdict.resource
            self._log.error(f"Envoy {verdict.node} refuses {kind.name.lower()} {name}: {verdict.message}")
        if refused:
            self._refused += refused
            self._to_blame.set()

    async def _blame(self) -> None:
        """Take out what Envoy refuses and publish the rest again."""
        while True:
            await self._to_blame.wait()
            self._to_blame.clear()
            refused, self._refused = self._refused, []
            reasons = {v.version: v.message for v in refused if v.resource[0] in _WHOLE}
            if any(verdict.resource[0] is ResourceType.ROUTE for verdict in refused):
                reasons.update(await self._blame_routes())
            if reasons.keys() - self._refusals.reasons.keys():
                self._refusals = Refusals({**self._refusals.reasons, **reasons})
                self._changes.tell()

    async def _blame_routes(self) -> Mapping[str, str]:
        published = self._published
        if published is None or self._validate is None:
            return {}
        validate = self._validate
        listener = next(iter(published.translation.snapshots[DEFAULT_ROLE].of_type(ResourceType.LISTENER).values()))

        async def judge(hosts: tuple[bytes, ...]) -> str | None:
            return await validate(validation_bootstrap(listener, hosts))

        try:
            return await blame(published.translation.hosts, judge)
        except ProxyError as error:
            self._log.warning("it can't be found out which route Envoy refuses", problem=str(error))
            return {}
