"""The straight line: watch, settle, decode, translate, check, publish, report."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from itertools import islice

import structlog

from gloo.control_plane.artifacts import ArtifactWatch
from gloo.control_plane.doubts import with_doubts
from gloo.control_plane.findings_log import log_bugs, log_problems, log_reports
from gloo.control_plane.first_seen import FirstSeen
from gloo.control_plane.last_good import LastGood
from gloo.control_plane.reader import ConfigReader, Key, Reading
from gloo.control_plane.refusal_watch import RefusalWatch, Validate
from gloo.control_plane.secrets import SecretWatch
from gloo.control_plane.served import digests, served_before
from gloo.control_plane.settle import Changes
from gloo.control_plane.state import Remembered, StateFolder
from gloo.discovery.loop import DiscoveryLoop
from gloo.discovery.merge import useful, with_discovered
from gloo.discovery.wanted import wanted_of
from gloo.errors import GlooError, StorageError
from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.registry import Plugins
from gloo.storage.base import ArtifactStorage, ConfigStorage, SecretStorage, State
from gloo.translator import NOTHING_KNOWN, Gateway, GoodSecrets, Translation, translate, translate_clusters
from gloo.translator.bugs import Bug, new_bugs
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.fallback import fallback_snapshot
from gloo.translator.memo import Memo
from gloo.translator.reports import Reports
from gloo.translator.shadows import with_shadows
from gloo.translator.tokens import KnownTokens
from gloo.translator.wanted_secrets import wanted_names
from gloo.translator.workers import Findings, with_findings, with_problems
from gloo.xds.cache import SnapshotCache

_AHEAD = 2_000  # upstreams whose clusters go out together, before anything else is translated
_PATIENCE = 5.0  # seconds for the Envoys to judge a snapshot before its verdicts are written all the same
_LONGEST_WAIT = 3600.0  # seconds until the dates of certificates are looked at again: clocks jump


class Stores(Value, frozen=True):
    """Where everything that users write lives."""

    config: ConfigStorage
    secrets: SecretStorage
    artifacts: ArtifactStorage


class _Published(Value, frozen=True):
    reading: Reading
    translation: Translation
    forms: Mapping[Key, ConfigObject]
    unproven: Mapping[Key, ConfigObject]
    seen: Mapping[str, float]


class ControlLoop:
    """Carries what users write to Envoy, and verdicts back.

    Args:
        stores: what to watch.
        plugins: what translates.
        gateway: what translation has to know of the machine.
        state: where verdicts and last good documents are kept; None keeps them nowhere.
        validate: asks Envoy about a bootstrap, to find the route that makes it refuse a table.
        published: is told each translation that is published.
        discovery: asks upstreams for their functions; None asks nobody.
    """

    def __init__(
        self,
        stores: Stores,
        plugins: Plugins,
        *,
        gateway: Gateway,
        state: StateFolder | None = None,
        validate: Validate | None = None,
        published: Callable[[Translation], None] | None = None,
        discovery: DiscoveryLoop | None = None,
    ) -> None:
        self._stores, self._plugins, self._gateway, self._state = stores, plugins, gateway, state
        self._changes = Changes()
        self._refusals = RefusalWatch(validate, self._changes.tell, lambda: self.translation)
        self.cache = SnapshotCache(self._refusals.judge)
        remembered = state.remembered if state else Remembered()
        self._reader = ConfigReader(remembered.documents)
        self._last_good = LastGood(remembered.documents, remembered.forms)
        self._seen = FirstSeen(remembered.seen)
        self._secrets = SecretWatch(stores.secrets, self._changes.tell)
        self._artifacts = ArtifactWatch(stores.artifacts, self._changes.tell)
        self._memo = Memo()
        self._found: State | None = None
        self._findings: Findings = {}
        self._tell_published, self._discovery = published, discovery
        self._published: _Published | None = None
        self._good, self._served = GoodSecrets(), remembered.served
        self._bugs: set[Bug] = set()
        self._again: asyncio.TimerHandle | None = None
        self._to_record, self._to_confirm = asyncio.Event(), asyncio.Event()
        self._first = asyncio.Event()
        self._log = structlog.get_logger("gloo.control_plane")

    @property
    def translation(self) -> Translation | None:
        """The last translation that was published."""
        return self._published.translation if self._published else None

    async def wait_published(self) -> None:
        """Wait for the first publication."""
        await self._first.wait()

    def note(self, findings: Findings) -> None:
        """Take what is found out about running upstreams into their verdicts, in place of what was noted before."""
        self._findings = findings
        self._changes.tell()

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="configuration")
            group.create_task(self._record(), name="verdicts")
            group.create_task(self._confirm(), name="last good forms")
            group.create_task(self._refusals.run(), name="refusals")
            if self._discovery is not None:
                group.create_task(self._discovery.run(self._changes.tell), name="discovery")
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
        try:
            reading = self._reader.read(self._found)
            self._last_good.follow(reading, *self._around())
            while True:  # once, but for objects whose last good form has to stand in
                config = await self._config(group)
                around = self._around()
                if self._published is None:
                    await self._publish_clusters(config)
                now = time.time()
                translation = await self._translate(config, now)
                log_bugs(new_bugs(translation.bugs, self._bugs))
                if not self._last_good.judge(translation.rejected, translation.waiting):
                    break
            self._last_good.settle(*around)
            self._publish(reading, config, translation, now)
        except GlooError as error:
            self._log.error("nothing is published, Envoy keeps what it has", problem=str(error))
        except Exception:  # noqa: BLE001 - a bug in one change must not stop what serves
            self._log.exception("a bug: nothing is published, Envoy keeps what it has")

    def _around(self) -> tuple[object, ...]:
        """Return what a rejection may be owed to beside the object itself."""
        return self._refusals.refusals, self._secrets.secrets, self._artifacts.artifacts

    async def _config(self, group: asyncio.TaskGroup) -> ConfigSnapshot:
        """Return all that is in force, with what it names."""
        config = ConfigSnapshot.of(self._last_good.in_force())
        wanted = wanted_names(config, self._plugins, self._memo)
        await self._secrets.want(wanted.secrets, group)
        await self._artifacts.want(wanted.artifacts, group)
        config = replace(
            config,
            secrets=self._secrets.secrets,
            artifacts=self._artifacts.artifacts,
            since=self._seen.of(config.virtual_services.keys(), time.time()),
            spoilt=self._secrets.spoilt,
        )
        if self._discovery is None:
            return config
        known = useful(self._discovery.known, wanted_of(config, self._plugins))
        return with_discovered(config, known, self._memo.once)

    async def _publish_clusters(self, config: ConfigSnapshot) -> None:
        """At the start, let Envoy have the clusters while the rest is translated: thousands take it a second or two."""
        for end in range(_AHEAD, len(config.upstreams) + _AHEAD, _AHEAD):
            clusters = await asyncio.to_thread(
                translate_clusters,
                replace(config, upstreams=dict(islice(config.upstreams.items(), end))),
                self._plugins,
                gateway=self._gateway,
                refusals=self._refusals.refusals,
                memo=self._memo,
            )
            for role, snapshot in clusters.items():
                snapshot.check()
                self.cache.publish_ahead(role, snapshot)

    async def _translate(self, config: ConfigSnapshot, now: float) -> Translation:
        return await asyncio.to_thread(  # Envoy's answers are heard meanwhile
            translate,
            config,
            self._plugins,
            gateway=self._gateway,
            refusals=self._refusals.refusals,
            memo=self._memo,
            good=self._good if self._published else served_before(config.secrets, self._served),
            now=now,
            before=self._told_of_tokens(),
        )

    def _publish(self, reading: Reading, config: ConfigSnapshot, translation: Translation, now: float) -> None:
        if self._discovery is not None:
            self._discovery.follow(wanted_of(config, self._plugins))
        for snapshot in translation.snapshots.values():
            snapshot.check()
        for role, snapshot in translation.snapshots.items():
            self.cache.publish(role, snapshot)
        for role in self.cache.roles.keys() - translation.snapshots.keys():
            self.cache.withdraw(role)
        self.cache.publish_fallback(fallback_snapshot(self._gateway, translation.snapshots))
        self._good = translation.good
        self._look_again(translation.next_turn, now)
        reports = with_findings(translation.reports, self._findings, config=config, workers=translation.workers)
        if self._discovery is not None:
            asked = {name: known.problems for name, known in self._discovery.known.items()}
            reports = with_problems(reports, asked, config)
        translation = replace(translation, reports=reports)
        if self._tell_published is not None:
            self._tell_published(translation)
        log_problems(reading, self._published.reading if self._published else None)
        last_good = self._last_good
        self._published = _Published(reading, translation, last_good.standing, last_good.unproven, config.since)
        self._to_record.set()
        self._to_confirm.set()
        self._first.set()

    def _told_of_tokens(self) -> Mapping[str, KnownTokens]:
        """Return what Envoys of each role may have been told of tokens: by the last publication, and by those before it
        for as long as some Envoy has not judged the last one."""
        if self._published is None:
            return {}
        told = self._published.translation
        return {
            role: known if self.cache.receipt(role).settled else known.joined(told.before.get(role, NOTHING_KNOWN))
            for role, known in told.known.items()
        }

    def _look_again(self, moment: float | None, now: float) -> None:
        """Translate again when a certificate becomes valid or expires."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if moment is not None:
            wait = min(moment - now, _LONGEST_WAIT)
            self._again = asyncio.get_running_loop().call_later(wait, self._changes.tell)

    async def _confirm(self) -> None:
        """Go on from what the Envoys of all roles have taken: only then is the form before not needed any more."""
        while True:
            await self._to_confirm.wait()
            await self.cache.taken()
            self._to_confirm.clear()
            if self._published is not None:
                self._last_good.confirm(self._published.unproven)
                self._refusals.go_on()

    async def _record(self) -> None:
        """Write verdicts once the Envoys have judged: Accepted means that it runs."""
        known: Reports = {}
        warnings = Memo()
        while True:
            await self._to_record.wait()
            self._to_record.clear()
            receipt = await self.cache.settled(DEFAULT_ROLE, timeout=_PATIENCE, nodes=1)
            if any(node.rejected for node in receipt.nodes):
                await self._without_what_is_refused()
            published = self._published
            if published is None or self._to_record.is_set():
                continue
            reading, translation = published.reading, published.translation
            doubted = self._doubted(translation)
            reports = await asyncio.to_thread(with_shadows, doubted, translation.orders, warnings)
            log_reports(reports, known, reading.problems)
            known = reports
            if self._state is None:
                continue
            try:
                problems = (*reading.problems, *self._secrets.problems)
                await asyncio.to_thread(
                    self._state.record,
                    reports,
                    problems,
                    reading.good,
                    forms=published.forms,
                    seen=published.seen,
                    served=digests(translation.good.pairs),
                )
            except (StorageError, OSError) as error:
                self._log.warning("the verdicts can't be written", problem=str(error))

    async def _without_what_is_refused(self) -> None:
        """Wait for the publication without it, for a moment: some refusals can't be traced to an object."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._to_record.wait()
        except TimeoutError:
            self._log.warning("Envoy still refuses a part of its configuration")

    def _doubted(self, translation: Translation) -> Reports:
        """Return the verdicts, on what Envoy refuses as a part of something larger too: Accepted means that it runs."""
        nodes = self.cache.receipt(DEFAULT_ROLE).nodes
        refused = {verdict.resource: verdict.message for node in nodes for verdict in node.rejected}
        if not refused:
            return translation.reports
        return with_doubts(translation, refused, self._refusals.unproven(translation))
