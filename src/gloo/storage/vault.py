"""Secrets in Vault (or OpenBao): a key-value engine, version 1 or 2, asked again and again.

A secret is what lies at ``MOUNT/PATH/NAME``, a map of text to text. Only the secrets that are asked for are read. One
request tells all there is to a secret, so asking for its version first would cost a request more and save none. No
message tells a value.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Literal

import structlog

from gloo.errors import StorageError
from gloo.model.base import Value
from gloo.model.secret import Secret, is_secret_name
from gloo.storage.base import NAME_HINT, NO_NAME, DocumentProblem, SecretState
from gloo.storage.vault_client import Reply, VaultClient, VaultServer, connected, mapping
from gloo.storage.vault_login import Login
from gloo.storage.vault_session import VaultSession

_AT_A_TIME = 2  # more cost httpx more than they save: its pool looks at all connections for each request
_REST = 3  # times as long as a look took
_LONGEST_WAIT = 15.0  # seconds between attempts while Vault is down

KvVersion = Literal["v1", "v2"]


class VaultPlace(Value, frozen=True):
    """Where in Vault the secrets are.

    Args:
        mount: of the key-value engine.
        path: what stands before a secret's name in it; may be empty.
        version: of the engine; None asks Vault for it.
    """

    mount: str = "secret"
    path: str = "gloo"
    version: KvVersion | None = None

    def of(self, name: str) -> str:
        """Return the place of a secret as Vault's own command line names it."""
        return "/".join(part for part in (self.mount.strip("/"), self.path.strip("/"), name) if part)

    def request_path(self, name: str, version: KvVersion) -> str:
        """Return what is asked for, and what a policy has to allow."""
        mount = self.mount.strip("/")
        return self.of(name) if version == "v1" else f"{mount}/data{self.of(name).removeprefix(mount)}"


class _Found(Value, frozen=True):
    """What one question brought: a secret, a problem, or neither when there is nothing."""

    secret: Secret | None = None
    problem: DocumentProblem | None = None
    version: int | None = None


class VaultSecrets:
    """The secrets below a path of a key-value engine.

    Args:
        server: where Vault is.
        login: how to get in.
        place: where the secrets are.
        poll: seconds from one look to the next.
    """

    def __init__(self, server: VaultServer, login: Login, place: VaultPlace, *, poll: float = 1.0) -> None:
        self._server, self._place, self._poll = server, place, poll
        self._session = VaultSession(login)
        self._version = place.version
        self._good: dict[str, Secret] = {}
        self._log = structlog.get_logger("gloo.secrets")

    def place(self, name: str) -> str:
        return self._place.of(name)

    async def names(self) -> frozenset[str]:
        """Return none: each look at a secret is one more line in Vault's audit log."""
        return frozenset()

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        if not names:
            yield SecretState()
            await asyncio.Event().wait()  # for its end: nothing is asked for, so nothing is asked
        async with connected(self._server) as client:
            state = await self._look(client, names)
            yield state
            failures, took = 0, 0.0
            while True:
                await asyncio.sleep(self._wait(failures, took))
                started = time.monotonic()
                try:
                    found = await self._look(client, names)
                    failures, took = 0, time.monotonic() - started
                except StorageError as error:
                    failures += 1
                    found = SecretState(state.secrets, (DocumentProblem("", str(error)),))
                if found != state:
                    state = found
                    yield state

    def _wait(self, failures: int, took: float = 0.0) -> float:
        """Return the seconds to the next look, after one that *took* so many.

        Many secrets, or a slow Vault, must not keep gloo busy all the time. While Vault is down the waits grow, and not
        all gateways ask at once.
        """
        if failures == 0:
            return max(min(self._poll, max(self._session.turn(), 0.1)) - took, took * _REST)
        longest: float = min(max(self._poll, 0.5) * 2.0 ** min(failures, 10), max(self._poll, _LONGEST_WAIT))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    async def _look(self, client: VaultClient, names: frozenset[str]) -> SecretState:
        """Read all of *names*. Raises StorageError if nothing of it can be had."""
        await self._session.refresh(client)
        version = self._version = self._version or await self._ask_version(client)
        found = {name: _Found(problem=DocumentProblem(name, NO_NAME, NAME_HINT)) for name in names}
        asked = {name: self._place.request_path(name, version) for name in sorted(names) if is_secret_name(name)}
        replies = await self._ask_all(client, asked)
        refused = {name: asked[name] for name, reply in replies.items() if _is_refusal(reply)}
        if refused and await self._session.lost(client):
            replies |= await self._ask_all(client, refused)
        errors = [reply for reply in replies.values() if isinstance(reply, StorageError)]
        if errors and len(errors) == len(replies):
            raise errors[0]
        found |= {name: self._found(name, reply, asked[name]) for name, reply in replies.items()}
        return self._state(found)

    async def _ask_version(self, client: VaultClient) -> KvVersion:
        mount = self._place.mount.strip("/")
        path = f"sys/internal/ui/mounts/{mount}"
        reply = await self._session.get(client, path)
        if reply.status == 403 and await self._session.lost(client):
            reply = await self._session.get(client, path)
        if reply.status != 200:
            said = f"does not tell which engine is at {mount!r}: {reply.reason or reply.status}"
            hint = "the token must live and be allowed to read below it, or set vault_kv to v1 or v2"
            raise client.error(f"{said} ({hint})")
        if reply.data.get("type") not in {"kv", "generic"}:
            raise client.error(f"has an engine of type {reply.data.get('type')!r} at {mount!r}, not one for keys")
        return "v2" if str(mapping(reply.data.get("options")).get("version")) == "2" else "v1"

    async def _ask_all(self, client: VaultClient, paths: Mapping[str, str]) -> dict[str, Reply | StorageError]:
        slots = asyncio.Semaphore(_AT_A_TIME)

        async def ask(path: str) -> Reply | StorageError:
            async with slots:
                try:
                    return await self._session.get(client, path)
                except StorageError as error:
                    return error

        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(ask(path)) for name, path in paths.items()}
        return {name: task.result() for name, task in tasks.items()}

    def _found(self, name: str, reply: Reply | StorageError, path: str) -> _Found:
        if isinstance(reply, StorageError):
            return _Found(problem=DocumentProblem(name, f"can't be read at {path}: {reply}"))
        if reply.status == 404 and not (reply.reason or reply.body.get("warnings")):
            return _Found()
        if reply.status == 404:  # the engine was taken away, or another version of it put in its place
            self._version = self._place.version
        if reply.status != 200:
            said = f"Vault refuses {path}: {reply.reason or reply.status}"
            return _Found(problem=DocumentProblem(name, said, f"the token must live and may need `read` on {path}"))
        return _parsed(name, reply, path, nested=self._version == "v2")

    def _state(self, found: Mapping[str, _Found]) -> SecretState:
        """Return the state; a secret with a problem stays as it was before."""
        secrets: dict[str, Secret] = {}
        for name, each in sorted(found.items()):
            last = self._good.get(name)
            now = last if each.problem else each.secret
            if now is not None:
                secrets[name] = last if last == now and last else now
            if last is not None and now is not None and now != last:
                self._log.info("a secret changed", secret=name, place=self.place(name), version=each.version)
        self._good = {name: last for name, last in self._good.items() if name not in found} | secrets
        problems = (each.problem for _, each in sorted(found.items()) if each.problem)
        return SecretState(dict(secrets), tuple(problems))


def _is_refusal(reply: Reply | StorageError) -> bool:
    return isinstance(reply, Reply) and reply.status == 403


def _parsed(name: str, reply: Reply, path: str, *, nested: bool) -> _Found:
    """Read what an engine of version 2 (*nested*) or 1 gives."""
    values = reply.data.get("data") if nested else reply.data
    version = mapping(reply.data.get("metadata")).get("version") if nested else None
    if not isinstance(values, dict):
        return _Found()
    for key, value in values.items():
        if not isinstance(value, str):
            problem = DocumentProblem(name, f"the value of key {key!r} at {path} is not text", "put it in quotes")
            return _Found(problem=problem, version=version)
    return _Found(Secret(name, values), version=version)
