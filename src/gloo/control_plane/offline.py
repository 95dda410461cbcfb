"""The straight line without Envoy: read a folder once, translate it, and say what would happen."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from gloo.control_plane.reader import ConfigReader
from gloo.control_plane.secret_stores import secret_storage
from gloo.control_plane.secrets import as_problem
from gloo.control_plane.sessions import offline_sessions
from gloo.control_plane.settings import Settings
from gloo.errors import PluginError, StorageError
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.plugins.registry import Plugins, load_plugins
from gloo.storage.base import DocumentProblem, SecretState, SecretStorage
from gloo.storage.file import FileStorage
from gloo.translator import Gateway, Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.shadows import with_shadows
from gloo.translator.wanted_secrets import wanted_secrets


@dataclass(frozen=True, slots=True)
class Offline:
    """A folder as it would be run.

    Args:
        config: the objects it holds.
        translation: what Envoy would get, and the verdict on each object.
        problems: what is wrong with files as a whole, and with secrets.
        plugin_faults: plugins of other distributions that can't be used.
    """

    config: ConfigSnapshot
    translation: Translation
    problems: tuple[Problem, ...]
    plugin_faults: tuple[PluginError, ...]


def translate_settings(settings: Settings) -> Offline:
    """Translate the folder of *settings* as a gateway with these settings would; raises as `translate_folder`.

    A secret store that does not answer is one of the problems.
    """
    gateway = Gateway(settings.bind, settings.http_port, settings.https_port)
    return translate_folder(Path(settings.dir), gateway, secrets=secret_storage(settings))


def translate_folder(directory: Path, gateway: Gateway, *, secrets: SecretStorage | None = None) -> Offline:
    """Read *directory* and translate it, with the *secrets* of a store, or by default of ``DIRECTORY/secrets``.

    Raises:
        StorageError: it can't be read.
        SnapshotError: the translation is inconsistent, which is a bug.
    """
    return asyncio.run(_translate(directory, gateway, secrets or secret_storage(Settings(dir=str(directory)))))


async def _translate(directory: Path, gateway: Gateway, storage: SecretStorage) -> Offline:
    plugins, faults = load_plugins()
    state = await FileStorage(directory).list()
    reading = ConfigReader().read(state)
    secrets, problems = await _secrets(storage, ConfigSnapshot.of(reading.objects), plugins)
    config = ConfigSnapshot.of(reading.objects, secrets)
    translated = translate(config, plugins, gateway=gateway, now=time.time())
    translation = replace(translated, reports=with_shadows(translated.reports, translated.orders))
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return Offline(config, translation, (*reading.problems, *problems), faults)


async def _secrets(
    storage: SecretStorage, config: ConfigSnapshot, plugins: Plugins
) -> tuple[dict[str, Secret], tuple[Problem, ...]]:
    names = wanted_secrets(config, plugins, Memo())
    sessions = offline_sessions(names)
    if not names:
        return {}, ()
    state = await read_secrets(storage, names - sessions.keys())
    return {**state.secrets, **sessions}, tuple(as_problem(each) for each in state.problems)


async def read_secrets(storage: SecretStorage, names: frozenset[str]) -> SecretState:
    """Read the secrets *names* once; a store that does not answer gives none, and a problem."""
    try:
        async with aclosing(storage.watch(names)) as states:
            return await anext(states)
    except StorageError as error:
        return SecretState(problems=(DocumentProblem("", str(error)),))
