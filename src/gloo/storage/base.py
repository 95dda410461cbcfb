"""The contract of every store: whole states out, single edits in.

A store knows texts and places, not what they mean: decoding is the model's business, and so is telling the user where
inside a text he erred. Back ends (memory, files, Vault, later Kubernetes, Consul, etcd) share the suite
``tests/storage/contract.py``; what it promises, each of them keeps.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from gloo.model.artifact import Artifact
from gloo.model.base import Json, Value
from gloo.model.secret import Secret
from gloo.model.source import Document

PLACES: Mapping[str, str] = MappingProxyType({"Upstream": "upstreams", "VirtualService": "virtual_services"})
"""The kinds that a config store holds, and the folder, key prefix or bundle field of each."""


class DocumentProblem(Value, frozen=True):
    """Why one document, or one secret, can't be had as it stands; its last good form stays in the state.

    Args:
        name: the document's name, the secret's name, or empty for the store as a whole.
        problem: the fact, without a final full stop; never a secret's value.
        hint: what to do; may be empty.
    """

    name: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.name}: {self.problem}" if self.name else self.problem
        return f"{text} ({self.hint})" if self.hint else text


class State(Value, frozen=True):
    """All that a config store holds at one moment; no documents at all is a state like any other.

    Args:
        documents: sorted by name; one whose text did not change is the same Python object as in the state before.
        problems: sorted by name.
    """

    documents: tuple[Document, ...] = ()
    problems: tuple[DocumentProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretState:
    """Those of the asked-for secrets that exist, and why others of them can't be read."""

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    problems: tuple[DocumentProblem, ...] = ()


class Edit(Value, frozen=True):
    """One object as it is to be from now on.

    Args:
        kind: ``Upstream`` or ``VirtualService``.
        object: its fields as plain JSON values, snake_case, ``name`` among them.
        base: the object as the caller read it; if the store holds another one by now, the edit is a `Conflict`.
            None overwrites whatever is there.
    """

    kind: str
    object: Mapping[str, Json]
    base: Mapping[str, Json] | None = None

    @property
    def name(self) -> str:
        return str(self.object.get("name", ""))


class ConfigStorage(Protocol):
    """Where upstreams and virtual services live."""

    async def list(self) -> State:
        """Read everything now. Raises StorageError if the store can't be reached."""
        ...

    def watch(self) -> AsyncGenerator[State, None]:
        """Yield the whole state at once, then each state that differs from the one before.

        A slow reader misses states in between, never the last one. Close the generator when done
        (`contextlib.aclosing`). Raises StorageError if the store can't be reached at the start; later troubles are
        problems of the state, which keeps the last good documents.
        """
        ...

    async def apply(self, change: Edit) -> str:
        """Create or replace one object and return the name of the document that holds it now.

        What the user wrote around it, comments and order, stays; an object that is so already is not written again.
        Raises Conflict if the object is not the edit's base any more or its document can't be edited safely,
        StorageError if the store refuses.
        """
        ...

    async def delete(self, kind: str, name: str) -> str:
        """Remove one object and return the name of the document that held it.

        Raises NotFound if there is none, otherwise as `apply`.
        """
        ...


NO_NAME, NAME_HINT = "can't be the name of a secret", "letters, digits, '-' and '.'"
"""What a secret store says of a name that would lead to another place."""


class SecretStorage(Protocol):
    """Where secrets live."""

    def place(self, name: str) -> str:
        """Return where the secret *name* is, or would be: what a user has to look at when something is wrong."""
        ...

    async def names(self) -> frozenset[str]:
        """Return the secrets that can be listed although nobody names them; empty where that is not for free."""
        ...

    def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        """Yield the state of exactly the secrets *names* at once, then each different one; no other secret is read.

        Raises StorageError if the store can't be reached at the start.
        """
        ...


ELSEWHERE = "leads out of the folder artifacts"
"""What a store of artifacts says of a name, or a link, that leads to another place."""


class ArtifactStorage(Protocol):
    """Where artifacts live."""

    def watch(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        """Yield those of the artifacts *names* that exist at once, then each different state; no other is read.

        One that can't be taken as it stands has a problem, and no text: of an artifact no last good form is kept, so
        that what a gateway does follows from what is there. One that did not change is the same Python object.
        """
        ...
