"""gloo apply: create and change objects."""

from pathlib import Path

import click

from gloo.cli.folder import folder_option, settings_for

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
    import asyncio

    from gloo.cli.after import tell_findings
    from gloo.cli.apply_objects import apply_objects
    from gloo.cli.objects import Refused, decode_all, read_text

    settings = settings_for(directory)
    folder = Path(settings.dir)
    items = tuple(item for file in files for item in decode_all(read_text(file)))
    if not items:
        raise Refused(f"{', '.join(files)}: holds no objects")
    asyncio.run(apply_objects(folder, items))
    tell_findings(settings, {item.ref for item in items})
