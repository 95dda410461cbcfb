"""Reading objects out of files and folders, for commands that change them."""

from collections.abc import Iterable
from pathlib import Path

import click

from gloo.cli.findings import Finding
from gloo.cli.written import has_broken_routes
from gloo.errors import GlooError, StorageError
from gloo.model.codec import ConfigObject, decode
from gloo.model.route import BrokenRoute
from gloo.model.source import Document
from gloo.model.status import Problem
from gloo.model.text import TextError
from gloo.model.virtual_service import VirtualService
from gloo.storage import State
from gloo.translator.reports import located


class Refused(GlooError):
    """What a user gave can't be taken; the message has one line per fault."""


def read_text(file: str) -> Document:
    """Return the content of *file*; ``-`` is standard input. Raises click.UsageError if it can't be read."""
    if file == "-":
        return Document("(standard input)", click.open_file("-", encoding="utf-8").read())
    try:
        return Document(file, Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise click.UsageError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 text") from error


def decode_all(document: Document) -> tuple[ConfigObject, ...]:
    """Return the objects of *document*; raise Refused with every fault, if there is one."""
    try:
        items = decode(document)
    except TextError as error:
        raise Refused(f"{document.name}:{error.line}: {error}") from error
    faults = [Finding(each.ref, fault).line(Path()) for each in items for fault in located(each, _faults(each))]
    seen: set[str] = set()
    for item in items:
        if item.ref in seen:
            faults.append(f"{document.name}:{item.source.line_of('name')}: {item.ref}: is given twice")
        seen.add(item.ref)
    if faults:
        raise Refused("\n".join(faults))
    return items


def find(state: State, kind: str, name: str) -> ConfigObject | None:
    """Return an object of *state*; raise StorageError if a document that may hold it can't be read."""
    for document in state.documents:
        if name not in document.text:
            continue
        try:
            items = decode(document)
        except TextError as error:
            raise StorageError(
                f"{document.name}:{error.line}: {error}; it mentions {name!r}, so mend it first"
            ) from error
        for item in items:
            if item.kind == kind and item.name == name:
                return item
    return None


def _faults(item: ConfigObject) -> Iterable[Problem]:
    yield from item.problems
    if has_broken_routes(item):
        assert isinstance(item.value, VirtualService)
        for route in item.value.routes:
            yield from route.problems if isinstance(route, BrokenRoute) else ()
