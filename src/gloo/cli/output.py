"""How results are written: a table for people, YAML and JSON for programs."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gloo.cli.table import format_table

if TYPE_CHECKING:
    from gloo.model.base import Json

Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(*formats: str) -> Callable[[Command], Command]:
    """Give a command the option ``-o/--output`` with *formats*; the first one is the default."""
    return click.option(
        "-o", "--output", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print it."
    )


def show(value: "Json", output: str) -> None:
    """Write *value* as JSON or YAML; a list in YAML is one document per member."""
    if output == "json":
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    from gloo.model.text import dump_yaml

    members = value if isinstance(value, list) else [value]
    click.echo("---\n".join(dump_yaml(member) for member in members), nl=False)


def show_table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, none: str) -> None:
    """Write a table; *none* goes to standard error when it has no rows."""
    if rows:
        click.echo(format_table(headers, rows))
    else:
        note(none)


def note(text: str) -> None:
    """Write *text* where it does not mix with the result."""
    click.echo(text, err=True)
