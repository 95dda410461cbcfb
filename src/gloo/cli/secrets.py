"""Secrets as they may be shown: names and keys, and who uses them. No value leaves this file."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

from gloo.cli.listing import Entry
from gloo.cli.view import View
from gloo.model.virtual_service import VirtualService
from gloo.plugins.aws_session import session_of
from gloo.plugins.registry import load_plugins
from gloo.storage import FileSecrets, SecretState
from gloo.storage.folder import SUFFIXES
from gloo.translator.upstreams import secret_names

SECRET_HEADERS = ("NAME", "KEYS", "USED BY", "PROBLEM")


def secrets(view: View) -> Iterator[Entry]:
    """Yield the secrets that exist in the folder, and those that objects name in vain."""
    users = _users(view)
    folder = view.folder / "secrets"
    names = frozenset(_names(folder)) | users.keys()
    state = asyncio.run(_read(folder, names)) if names else SecretState()
    problems = {problem.name: problem.problem for problem in state.problems}
    for name in sorted(names):
        secret = state.secrets.get(name)
        keys = sorted(secret.data) if secret else []
        problem = problems.get(name, "" if secret else "does not exist")
        used = users.get(name, ())
        value = {"name": name, "keys": keys, "used_by": list(used), "problem": problem}
        yield Entry(name, (name, ",".join(keys), "; ".join(used), problem), value)


def _users(view: View) -> dict[str, tuple[str, ...]]:
    plugins, _ = load_plugins()
    users: dict[str, tuple[str, ...]] = {}
    for item in view.offline.config.objects:
        named = [name for name in secret_names(item, plugins) if session_of(name) is None]
        if isinstance(item.value, VirtualService) and item.value.ssl_config is not None:
            named.append(item.value.ssl_config.secret_ref)
        for name in named:
            users[name] = (*users.get(name, ()), item.ref)
    return users


def _names(folder: Path) -> Iterator[str]:
    """Yield the name of each secret that has a file or a folder of its own."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if not path.name.startswith("."):
            yield path.stem if path.suffix in SUFFIXES else path.name


async def _read(folder: Path, names: frozenset[str]) -> SecretState:
    async with aclosing(FileSecrets(folder).watch(names)) as states:
        return await anext(states)
