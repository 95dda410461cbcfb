"""Discovered functions put into the files of their upstreams, by the same edits as `gloo apply`."""

from collections.abc import Iterable
from pathlib import Path

import click

from gloo.cli.written import canonical
from gloo.control_plane.discover_now import Answer
from gloo.model.codec import ConfigObject
from gloo.model.strict import to_builtins
from gloo.model.upstream import Upstream
from gloo.storage import Edit, FileStorage


async def write_functions(folder: Path, answers: Iterable[Answer]) -> None:
    """Add what each upstream said it has to its file, and say what became of it; comments and order stay."""
    storage = FileStorage(folder)
    for answer in answers:
        if answer.known is None or answer.failed:
            continue  # what was known before may be gone by now
        before, written = canonical(answer.item), written_names(answer.item)
        new = [to_builtins(each) for each in answer.known.functions if each.name not in written]
        if not new:
            click.echo(f"{answer.item.ref} unchanged", err=True)
            continue
        after = {**before, "functions": [*before.get("functions", ()), *new]}
        document = await storage.apply(Edit(answer.item.kind, after, before))
        click.echo(f"{answer.item.ref} configured ({document})", err=True)


def written_names(item: ConfigObject) -> frozenset[str]:
    """Return the names of the functions that stand in the file of *item*."""
    return frozenset(each.name for each in item.value.functions) if isinstance(item.value, Upstream) else frozenset()
