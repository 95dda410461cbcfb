"""Applying objects to a folder, with a line for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import click

from gloo.cli.objects import find
from gloo.cli.written import canonical
from gloo.model.codec import ConfigObject
from gloo.storage import Edit, FileStorage


async def apply_objects(folder: Path, items: tuple[ConfigObject, ...]) -> None:
    """Put *items* into *folder* and say what became of each."""
    async for line in _applied(FileStorage(folder), items):
        click.echo(line)


async def _applied(storage: FileStorage, items: tuple[ConfigObject, ...]) -> AsyncIterator[str]:
    """Apply one object after the other and yield what became of each."""
    before = await storage.list()
    for item in items:
        old, new = find(before, item.kind, item.name), canonical(item)
        if old is not None and old.value is not None and canonical(old) == new:
            yield f"{item.ref} unchanged"
            continue
        document = await storage.apply(Edit(item.kind, new))
        yield f"{item.ref} {'created' if old is None else 'configured'} ({document})"
