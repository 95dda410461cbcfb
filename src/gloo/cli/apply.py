"""gloo apply: create and change objects."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import click

from gloo.cli.after import tell_findings
from gloo.cli.folder import folder_option, settings_for
from gloo.cli.objects import Refused, decode_all, find, read_text
from gloo.cli.written import canonical
from gloo.model.codec import ConfigObject
from gloo.storage import Edit, FileStorage

EXAMPLE = """\b
Examples:
  gloo apply -f pets.yaml -d shop
  gloo get us petstore -o yaml | gloo apply -d other -f -"""


@click.command("apply", epilog=EXAMPLE)
@click.option(
    "-f", "--file", "files", required=True, multiple=True, metavar="FILE", help="A YAML or JSON file; - for input."
)
@folder_option
def command(files: tuple[str, ...], directory: str | None) -> None:
    """Create or change objects from a file.

    All objects are checked first: if one of them can't be read, none is applied. A line for each object says whether
    it was created, configured or is unchanged; findings on them follow.
    """
    folder = Path(settings_for(directory).dir)
    items = tuple(item for file in files for item in decode_all(read_text(file)))
    if not items:
        raise Refused(f"{', '.join(files)}: holds no objects")
    asyncio.run(_apply(folder, items))
    tell_findings(folder, {item.ref for item in items})


async def _apply(folder: Path, items: tuple[ConfigObject, ...]) -> None:
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
