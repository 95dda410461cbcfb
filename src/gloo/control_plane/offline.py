"""The straight line without Envoy: read a folder once, translate it, and say what would happen."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from gloo.control_plane.reader import ConfigReader
from gloo.control_plane.sessions import offline_sessions
from gloo.errors import PluginError
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.plugins.registry import Plugins, load_plugins
from gloo.storage.file import FileStorage
from gloo.storage.file_secrets import FileSecrets
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
        problems: what is wrong with files as a whole.
        plugin_faults: plugins of other distributions that can't be used.
    """

    config: ConfigSnapshot
    translation: Translation
    problems: tuple[Problem, ...]
    plugin_faults: tuple[PluginError, ...]


def translate_folder(directory: Path, gateway: Gateway) -> Offline:
    """Read *directory* and translate it.

    Raises:
        StorageError: it can't be read.
        SnapshotError: the translation is inconsistent, which is a bug.
    """
    return asyncio.run(_translate(directory, gateway))


async def _translate(directory: Path, gateway: Gateway) -> Offline:
    plugins, faults = load_plugins()
    state = await FileStorage(directory).list()
    reading = ConfigReader().read(state)
    secrets, problems = await _secrets(directory, ConfigSnapshot.of(reading.objects), plugins)
    config = ConfigSnapshot.of(reading.objects, secrets)
    translated = translate(config, plugins, gateway=gateway, now=time.time())
    translation = replace(translated, reports=with_shadows(translated.reports, translated.orders))
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return Offline(config, translation, (*reading.problems, *problems), faults)


async def _secrets(
    directory: Path, config: ConfigSnapshot, plugins: Plugins
) -> tuple[dict[str, Secret], tuple[Problem, ...]]:
    names = wanted_secrets(config, plugins, Memo())
    sessions = offline_sessions(names)
    if not names:
        return {}, ()
    async with aclosing(FileSecrets(directory / "secrets").watch(names - sessions.keys())) as states:
        state = await anext(states)
    problems = (Problem(problem=each.problem, hint=each.hint, file=f"secrets/{each.name}") for each in state.problems)
    return {**state.secrets, **sessions}, tuple(problems)
