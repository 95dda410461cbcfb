"""The virtual service whose routes a command changes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gloo.cli.objects import Refused, find
from gloo.cli.route_edit import Raw
from gloo.model.base import Value
from gloo.model.codec import VIRTUAL_SERVICE, ConfigObject, decode_value, written
from gloo.model.route import Route
from gloo.model.source import Document, Source
from gloo.model.virtual_service import VirtualService
from gloo.storage import Edit, FileStorage


class Service(Value, frozen=True):
    """A virtual service as it is written, and its routes; an empty one where none exists yet."""

    folder: Path
    name: str
    item: ConfigObject | None

    @property
    def raw(self) -> Raw:
        return {"name": self.name} if self.item is None else written(self.item)

    @property
    def routes(self) -> Sequence[Route]:
        return routes_of(self.item) if self.item is not None else ()

    def write(self, raw: Raw) -> None:
        """Put *raw* in the place of what was read; raises Conflict if that is not there any more."""
        edit = Edit(VIRTUAL_SERVICE, raw, None if self.item is None else self.raw)
        asyncio.run(FileStorage(self.folder).apply(edit))


def routes_of(item: ConfigObject) -> Sequence[Route]:
    """Return the routes of a virtual service; raise Refused if it can't be read."""
    if not isinstance(item.value, VirtualService):
        raise Refused(f"{item.ref} can't be read: {'; '.join(map(str, item.problems))} (mend it first)")
    return item.value.routes


def read_service(folder: Path, name: str) -> Service:
    """Return the virtual service *name* of *folder*; raise Refused if it is there but can't be read."""
    state = asyncio.run(FileStorage(folder).list())
    item = find(state, VIRTUAL_SERVICE, name)
    if item is not None:
        routes_of(item)
    return Service(folder, name, item)


def check_name(found: Service, whole: Raw) -> None:
    """Refuse a name for a new virtual service that could not be read back."""
    if found.item is None:
        made = decode_value(dict(whole), kind=VIRTUAL_SERVICE, source=Source(Document("flags", "")))
        if made.problems:
            raise Refused("; ".join(str(problem) for problem in made.problems))
