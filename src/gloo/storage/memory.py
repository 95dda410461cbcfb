"""Stores in memory: for tests, and for programs that embed gloo. Use one from a single event loop."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from gloo.model.artifact import Artifact, is_artifact_name
from gloo.model.secret import Secret, is_secret_name
from gloo.model.source import Document
from gloo.storage.base import ELSEWHERE, NAME_HINT, NO_NAME, PLACES, DocumentProblem, Edit, SecretState, State
from gloo.storage.edit import delete_object, new_document, place_object

T = TypeVar("T")


class _Cell(Generic[T]):
    """A value that others can wait on."""

    def __init__(self, value: T) -> None:
        self.value = value
        self._changed = asyncio.Event()

    def set(self, value: T) -> None:
        self.value = value
        self._changed.set()
        self._changed = asyncio.Event()

    async def watch(self) -> AsyncGenerator[T, None]:
        while True:
            seen, changed = self.value, self._changed
            yield seen
            while self.value == seen:
                await changed.wait()
                changed = self._changed


class MemoryStorage:
    """A config store whose documents are named as files would be: ``upstreams/billing.yaml``."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._state = _Cell(State(_sorted(documents)))

    async def list(self) -> State:
        return self._state.value

    def watch(self) -> AsyncGenerator[State, None]:
        return self._state.watch()

    def write(self, name: str, text: str) -> None:
        """Set the text of the document *name*; its kind follows from its place."""
        folder = name.partition("/")[0]
        kind = next((kind for kind, place in PLACES.items() if place == folder), "")
        self._put(Document(name, text, kind))

    def remove(self, name: str) -> None:
        """Drop the document *name*, if there is one."""
        self._state.set(State(tuple(d for d in self._state.value.documents if d.name != name)))

    async def apply(self, change: Edit) -> str:
        document = place_object(self._state.value.documents, change) or new_document(change)
        self._put(document)
        return document.name

    async def delete(self, kind: str, name: str) -> str:
        document = delete_object(self._state.value.documents, kind, name)
        if document.text:
            self._put(document)
        else:
            self.remove(document.name)
        return document.name

    def _put(self, document: Document) -> None:
        documents = self._state.value.documents
        if document not in documents:
            self._state.set(State(_sorted([document, *(d for d in documents if d.name != document.name)])))


def _sorted(documents: Iterable[Document]) -> tuple[Document, ...]:
    return tuple(sorted(documents, key=lambda document: document.name))


class MemorySecrets:
    """A secret store."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> None:
        self._secrets = _Cell({name: Secret(name, dict(values)) for name, values in secrets.items()})

    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Create or replace the secret *name*."""
        self._secrets.set({**self._secrets.value, name: Secret(name, dict(values))})

    def remove(self, name: str) -> None:
        """Drop the secret *name*, if there is one."""
        self._secrets.set({other: secret for other, secret in self._secrets.value.items() if other != name})

    def place(self, name: str) -> str:
        return name

    async def names(self) -> frozenset[str]:
        return frozenset(self._secrets.value)

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        last: SecretState | None = None
        bad = (name for name in sorted(names) if not is_secret_name(name))
        problems = tuple(DocumentProblem(name, NO_NAME, NAME_HINT) for name in bad)
        async for secrets in self._secrets.watch():
            state = SecretState({name: secrets[name] for name in sorted(names & secrets.keys())}, problems)
            if state != last:
                last = state
                yield state


class MemoryArtifacts:
    """A store of artifacts."""

    def __init__(self, artifacts: Iterable[Artifact] = ()) -> None:
        self._artifacts = _Cell({artifact.name: artifact for artifact in artifacts})

    def write(self, name: str, text: str) -> None:
        """Create or replace the artifact *name*."""
        self._artifacts.set({**self._artifacts.value, name: Artifact(name, text)})

    def remove(self, name: str) -> None:
        """Drop the artifact *name*, if there is one."""
        self._artifacts.set({other: each for other, each in self._artifacts.value.items() if other != name})

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        last: Mapping[str, Artifact] | None = None
        elsewhere = {name: Artifact(name, "", ELSEWHERE) for name in names if not is_artifact_name(name)}
        async for artifacts in self._artifacts.watch():
            state = {name: artifacts[name] for name in sorted(names & artifacts.keys())} | elsewhere
            if state != last:
                last = state
                yield state
