"""Asking the upstreams of a folder for their functions once, without a gateway."""

import asyncio
import ssl
from contextlib import aclosing
from functools import cache
from pathlib import Path

import msgspec

from gloo.control_plane.artifacts import read_artifacts
from gloo.control_plane.aws_keys import ask_aws
from gloo.control_plane.reader import ConfigReader
from gloo.control_plane.secret_stores import secret_storage
from gloo.control_plane.secrets import as_problem
from gloo.control_plane.sessions import SessionSecrets
from gloo.control_plane.settings import Settings, state_folder
from gloo.control_plane.state import StateFolder, read_discovered, read_statuses
from gloo.control_plane.trust import trusted_roots
from gloo.discovery.asking import Asking, known_now
from gloo.discovery.known import Known
from gloo.discovery.loop import AT_ONCE
from gloo.discovery.wanted import Wanted, is_asked, wanted_of
from gloo.errors import NotFound
from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.discovery import Discovery
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.status import Problem
from gloo.model.strict import nearest
from gloo.model.upstream import Upstream
from gloo.plugins.registry import Plugins, load_plugins
from gloo.storage.base import SecretState
from gloo.storage.file import FileStorage
from gloo.storage.file_artifacts import FileArtifacts
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals
from gloo.translator.upstreams import translate_upstreams
from gloo.translator.wanted_secrets import wanted_names


class Answer(Value, frozen=True):
    """What came of asking one upstream.

    Args:
        item: the upstream as it is written.
        known: what is known of it now; None when it can't be asked.
        problems: what is to be known about that.
    """

    item: ConfigObject
    known: Known | None
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> bool:
        return self.known is None or self.known.failures > 0


def make_asking(folder: Path) -> Asking:
    """Return how upstreams of *folder* are asked: with the certificate authorities that this machine trusts."""
    verified = cache(lambda: ssl.create_default_context(cadata=trusted_roots().decode()))
    return Asking(verified=verified, folder=folder)


async def discover_now(settings: Settings, name: str | None, asking: Asking) -> tuple[Answer, ...]:
    """Ask the upstream *name*, or all that say that they are to be asked.

    Raises:
        NotFound: there is no such upstream.
        StorageError: the folder, or its state, can't be read.
    """
    plugins = load_plugins()[0]
    reading = ConfigReader().read(await FileStorage(Path(settings.dir)).list())
    config = ConfigSnapshot.of(reading.objects)
    items = _asked(config, name)
    asked = ConfigSnapshot({each: _opted(item) for each, item in items.items()}, {})
    named = wanted_names(asked, plugins, Memo())
    stored = await _secrets(settings, named.secrets)
    artifacts = await read_artifacts(FileArtifacts(Path(settings.dir)), named.artifacts)
    asked = replace(asked, secrets=stored.secrets, artifacts=artifacts)
    wanted, before = wanted_of(asked, plugins), read_discovered(state_folder(settings))
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(each: str) -> Known | None:
        if each not in wanted:
            return None
        async with slots:
            return await known_now(asking, wanted[each], before.get(each))

    found = await asyncio.gather(*(one(each) for each in items))
    return tuple(
        Answer(item, known, (*_lacking(wanted.get(each), stored), *_told(each, known, asked, plugins)))
        for (each, item), known in zip(items.items(), found, strict=True)
    )


async def _secrets(settings: Settings, names: frozenset[str]) -> SecretState:
    """Return the secrets of these names, and keys that are asked for; no others are read."""
    if not names:
        return SecretState()
    store = SessionSecrets(secret_storage(settings), ask=ask_aws)
    async with aclosing(store.watch(names)) as states:
        return await anext(states)


def _lacking(wanted: Wanted | None, stored: SecretState) -> tuple[Problem, ...]:
    """Return what kept secrets from an upstream that lacks them: why they, or all, can't be read."""
    lacking = wanted.lacking if wanted is not None else ()
    return tuple(as_problem(each) for each in stored.problems if lacking and each.name in {"", *lacking})


def _asked(config: ConfigSnapshot, name: str | None) -> dict[str, ConfigObject]:
    if name is None:
        return {each: item for each, item in sorted(config.upstreams.items()) if is_asked(item)}
    if name not in config.upstreams:
        raise NotFound(f"there is no upstream {name!r} ({nearest(name, list(config.upstreams))})")
    return {name: config.upstreams[name]}


def _opted(item: ConfigObject) -> ConfigObject:
    """Return *item* as if its user wanted it to be asked."""
    if not isinstance(item.value, Upstream):
        return item
    discovery = msgspec.structs.replace(item.value.discovery or Discovery(), functions=True)
    return replace(item, value=msgspec.structs.replace(item.value, discovery=discovery))


def _told(name: str, known: Known | None, config: ConfigSnapshot, plugins: Plugins) -> tuple[Problem, ...]:
    """Return what came of asking an upstream, or why it can't be asked: what is wrong with it."""
    if known is not None:
        return known.problems
    return translate_upstreams(config, plugins, refusals=Refusals(), memo=Memo())[name].problems


def keep_answers(settings: Settings, answers: tuple[Answer, ...]) -> None:
    """Note in the state folder what upstreams said that are to be asked, unless a gateway runs, which asks by itself.

    Raises:
        StorageError: it can't be written.
    """
    known = {each.item.name: each.known for each in answers if each.known is not None and is_asked(each.item)}
    state = state_folder(settings)
    if known and read_statuses(state).running is None:
        with StateFolder(state).opened() as opened:
            opened.record_discovered({**read_discovered(state), **known})
