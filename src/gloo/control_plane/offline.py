"""The straight line without Envoy: read a folder once, translate it, and say what would happen.

Of objects that are Rejected as a whole the last good form is taken, if a gateway of the folder left one. Nobody
is asked for functions: those that a gateway, or `gloo discover`, was told before are taken. Where functions
stand in files, the files are read, and never run.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from gloo.control_plane.artifacts import read_artifacts
from gloo.control_plane.last_good import LastGood
from gloo.control_plane.reader import ConfigReader
from gloo.control_plane.secret_stores import secret_storage
from gloo.control_plane.secrets import as_problem, spoilt_in
from gloo.control_plane.served import served_before
from gloo.control_plane.sessions import offline_sessions
from gloo.control_plane.settings import STATE, Settings, state_folder
from gloo.control_plane.state import read_discovered, read_remembered
from gloo.control_plane.xds_place import with_role_ports
from gloo.discovery.known import Known
from gloo.discovery.merge import useful, with_discovered
from gloo.discovery.wanted import Wanted, wanted_of
from gloo.errors import PluginError, StorageError
from gloo.model.base import Value, replace
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.plugins.base import PythonWorker
from gloo.plugins.registry import Plugins, load_plugins
from gloo.storage.base import DocumentProblem, SecretState, SecretStorage
from gloo.storage.file import FileStorage
from gloo.storage.file_artifacts import FileArtifacts
from gloo.translator import Gateway, Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.shadows import with_shadows
from gloo.translator.wanted_secrets import wanted_names
from gloo.translator.workers import Findings, with_problems


@dataclass(frozen=True, slots=True)
class Offline:
    """A folder as it would be run.

    Args:
        config: the objects it holds.
        translation: what Envoy would get, and the verdict on each object.
        problems: what is wrong with files as a whole, and with secrets.
        plugin_faults: plugins of other distributions that can't be used.
        known: what is known of the upstreams that are to be asked for their functions; None of one never asked.
        read: those of them whose files were read just now.
    """

    config: ConfigSnapshot
    translation: Translation
    problems: tuple[Problem, ...]
    plugin_faults: tuple[PluginError, ...]
    known: Mapping[str, Known | None] = field(default_factory=dict)
    read: frozenset[str] = frozenset()


def translate_settings(settings: Settings) -> Offline:
    """Translate the folder of *settings* as a gateway with these settings would; raises as `translate_folder`.

    A secret store that does not answer is one of the problems.
    """
    gateway = Gateway(settings.bind, settings.http_port, settings.https_port, later_calls=settings.later_calls)
    gateway = with_role_ports(gateway, settings)
    return translate_folder(Path(settings.dir), gateway, state_folder(settings), secrets=secret_storage(settings))


def translate_folder(
    directory: Path, gateway: Gateway, state: Path | None = None, *, secrets: SecretStorage | None = None
) -> Offline:
    """Read *directory* and translate it, with the functions that the folder *state* knows; by default its own.

    The *secrets* are those of a store, by default of ``DIRECTORY/secrets``.

    Raises:
        StorageError: it can't be read.
        SnapshotError: the translation is inconsistent, which is a bug.
    """
    storage = secrets or secret_storage(Settings(dir=str(directory)))
    place = _Place(directory, gateway, state or directory / STATE, storage, *load_plugins())
    return asyncio.run(_translate(place))


class _Place(Value, frozen=True):
    """Where everything is, and what translates it."""

    directory: Path
    gateway: Gateway
    state: Path
    secrets: SecretStorage
    plugins: Plugins
    faults: tuple[PluginError, ...]


async def _translate(place: _Place) -> Offline:
    remembered = read_remembered(place.state)
    reading = ConfigReader(remembered.documents).read(await FileStorage(place.directory).list())
    last_good = LastGood(remembered.documents, remembered.forms)
    last_good.follow(reading)
    while True:  # once, but for objects whose last good form has to stand in
        bare = replace(ConfigSnapshot.of(last_good.in_force()), since=remembered.seen)
        found = await _translate_objects(bare, reading.problems, place, remembered.served)
        if not last_good.judge(found.translation.rejected):
            return found


async def _translate_objects(
    bare: ConfigSnapshot, told: tuple[Problem, ...], place: _Place, served: Mapping[str, str]
) -> Offline:
    directory, plugins = place.directory, place.plugins
    named = wanted_names(bare, plugins, Memo())
    stored = await _secrets(place.secrets, named.secrets)
    artifacts = await read_artifacts(FileArtifacts(directory), named.artifacts)
    written = replace(bare, secrets=stored.secrets, artifacts=artifacts, spoilt=spoilt_in(stored))
    wanted = wanted_of(written, plugins)
    read = {name: each for name, each in wanted.items() if each.plugin.asks_nobody}
    known = {**(useful(read_discovered(place.state), wanted) if wanted else {}), **await _read(read, directory)}
    config = with_discovered(written, known, Memo().once)
    translated = translate(
        config,
        plugins,
        gateway=place.gateway,
        refusals=Refusals(by_rules=True),
        now=time.time(),
        good=served_before(stored.secrets, served),
    )
    told_of_files = {name: known[name].problems for name in read}
    reports = with_problems(translated.reports, told_of_files, config)
    if unread := {name: each for name, each in translated.workers.items() if not told_of_files.get(name)}:
        reports = with_problems(reports, _of_code(directory, unread), config)
    translation = replace(translated, reports=with_shadows(reports, translated.orders))
    for snapshot in translation.snapshots.values():
        snapshot.check()
    asked = {name: known.get(name) for name in wanted}
    problems = (*told, *(as_problem(each) for each in stored.problems))
    return Offline(config, translation, problems, place.faults, asked, frozenset(read))


def _of_code(directory: Path, workers: Mapping[str, PythonWorker]) -> Findings:
    """Return what is wrong with the code of *workers*, which is read and not run."""
    from gloo.local_functions.reading import problems_in  # noqa: PLC0415 - most folders have no code

    return {name: problems_in(directory, each) for name, each in workers.items()}


async def _read(wanted: Mapping[str, Wanted], directory: Path) -> dict[str, Known]:
    """Return the functions that stand in files of *directory*."""
    if not wanted:
        return {}
    from gloo.discovery.asking import Asking, known_now  # noqa: PLC0415 - it brings an HTTP client along

    return {name: await known_now(Asking(folder=directory), each, None) for name, each in wanted.items()}


async def _secrets(storage: SecretStorage, names: frozenset[str]) -> SecretState:
    """Return the secrets of these *names*, and what is wrong with any of them."""
    sessions = offline_sessions(names)
    if not names:
        return SecretState()
    state = await read_secrets(storage, names - sessions.keys())
    return SecretState({**state.secrets, **sessions}, state.problems)


async def read_secrets(storage: SecretStorage, names: frozenset[str]) -> SecretState:
    """Read the secrets *names* once; a store that does not answer gives none, and a problem."""
    try:
        async with aclosing(storage.watch(names)) as states:
            return await anext(states)
    except StorageError as error:
        return SecretState(problems=(DocumentProblem("", str(error)),))
