"""Secrets as they may be shown: names and keys, and who uses them. No value leaves this file."""

import asyncio
from collections.abc import Iterator

from gloo.cli.listing import Entry
from gloo.cli.view import View
from gloo.control_plane.offline import read_secrets
from gloo.control_plane.secret_stores import secret_storage
from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.aws_session import session_of
from gloo.plugins.registry import load_plugins
from gloo.storage import SecretState, SecretStorage
from gloo.translator.memo import Memo
from gloo.translator.wanted_secrets import wanted_secrets

SECRET_HEADERS = ("NAME", "KEYS", "USED BY", "PROBLEM")


def secrets(view: View) -> Iterator[Entry]:
    """Yield the secrets that the store lists, and those that objects name, in vain too."""
    users = _users(view)
    names, state = asyncio.run(_read(secret_storage(view.settings), frozenset(users)))
    problems = {problem.name: problem.problem for problem in state.problems}
    for name in sorted(names):
        secret = state.secrets.get(name)
        keys = sorted(secret.data) if secret else []
        problem = problems.get(name, "" if secret else problems.get("", "does not exist"))
        used = users.get(name, ())
        value = {"name": name, "keys": keys, "used_by": list(used), "problem": problem}
        yield Entry(name, (name, ",".join(keys), "; ".join(used), problem), value)


def _users(view: View) -> dict[str, tuple[str, ...]]:
    plugins, _ = load_plugins()
    users: dict[str, tuple[str, ...]] = {}
    for item in view.offline.config.objects:
        wanted = wanted_secrets(ConfigSnapshot.of([item]), plugins, Memo())
        for name in (each for each in wanted if session_of(each) is None):
            users[name] = (*users.get(name, ()), item.ref)
    return users


async def _read(storage: SecretStorage, used: frozenset[str]) -> tuple[frozenset[str], SecretState]:
    names = used | await storage.names()
    return names, await read_secrets(storage, names) if names else SecretState()
