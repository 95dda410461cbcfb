"""Configuration in a folder of YAML and JSON files."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from pathlib import Path

from gloo.errors import Conflict
from gloo.model.source import Document
from gloo.storage.base import Edit, State
from gloo.storage.edit import check_kind, delete_object, new_document, place_object
from gloo.storage.folder import kind_of, look_at_folder
from gloo.storage.known_file import KnownFile
from gloo.storage.look import Look, settled_look, watch_looks
from gloo.storage.write import check_file_name, locked, remove_file, write_file


class FileStorage:
    """A folder: ``upstreams/*.yaml``, ``virtual_services/*.yaml``, and ``*.yaml`` with lists of both.

    The user's files change by `apply` and `delete` only, and then nothing but the object itself.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def list(self) -> State:
        last = await settled_look(partial(look_at_folder, self.folder))
        return _state(last, _documents(last, {}))

    async def watch(self) -> AsyncGenerator[State, None]:
        documents: dict[str, Document] = {}
        last: State | None = None
        async with contextlib.aclosing(watch_looks(self.folder, partial(look_at_folder, self.folder))) as looks:
            async for found in looks:
                documents = _documents(found, documents)
                state = _state(found, documents)
                if state != last:
                    last = state
                    yield state

    async def apply(self, change: Edit) -> str:
        check_kind(change.kind)
        check_file_name(change.name)
        async with locked(self.folder):
            last = await settled_look(partial(look_at_folder, self.folder))
            documents = _documents(last, {})
            wanted = place_object(tuple(documents.values()), change) or new_document(change)
            await self._write(wanted, last.files, documents)
        return wanted.name

    async def delete(self, kind: str, name: str) -> str:
        check_kind(kind)
        async with locked(self.folder):
            last = await settled_look(partial(look_at_folder, self.folder))
            documents = _documents(last, {})
            wanted = delete_object(tuple(documents.values()), kind, name)
            await self._write(wanted, last.files, documents)
        return wanted.name

    async def _write(self, wanted: Document, files: Mapping[str, KnownFile], documents: Mapping[str, Document]) -> None:
        """Write *wanted* over the file that was looked at, or remove that file if no text is left."""
        known = files.get(wanted.name)
        if known and (known.since is not None or known.problem):
            problem = known.problem or "is being written by another program"
            raise Conflict(f"{self.folder / wanted.name} {problem}; nothing was changed (try again)")
        if wanted == documents.get(wanted.name):
            return
        path = self.folder / wanted.name
        if wanted.text:
            await asyncio.to_thread(write_file, path, wanted.text, known.stamp if known else None)
        else:
            await asyncio.to_thread(remove_file, path)


def _documents(found: Look, before: Mapping[str, Document]) -> dict[str, Document]:
    documents = {}
    for name, file in found.files.items():
        if file.text is not None:
            old = before.get(name)
            documents[name] = old if old and old.text is file.text else Document(name, file.text, kind_of(name))
    return documents


def _state(found: Look, documents: Mapping[str, Document]) -> State:
    return State(tuple(documents.values()), found.problems())
