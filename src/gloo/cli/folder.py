"""The configuration folder that a command works on, and the options that say which."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_HELP = "The configuration folder; by default $GLOO_DIR, else the one you are in."


def folder_option(command: Command) -> Command:
    """Give *command* the option ``-d/--dir`` as `directory`."""
    return click.option("-d", "--dir", "directory", type=click.Path(file_okay=True), metavar="DIR", help=_HELP)(command)


def folder_argument(command: Command) -> Command:
    """Give *command* the argument ``[DIR]`` as `directory`."""
    return click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=True))(command)


def settings_for(
    directory: str | None, flags: Mapping[str, object] | None = None, *, file: str | None = None
) -> "Settings":
    """Return the settings for *directory*; raise click.UsageError if there is no such folder."""
    from gloo.control_plane.settings import load_settings

    settings = load_settings(
        {**(flags or {}), "dir": directory}, environ=os.environ, file=Path(file) if file is not None else None
    )
    folder = Path(settings.dir)
    if not folder.exists():
        raise click.UsageError(f"there is no folder {settings.dir} (make it: mkdir -p {settings.dir}, or name another)")
    if not folder.is_dir():
        raise click.UsageError(f"{settings.dir} is no folder (give the folder that holds your configuration)")
    return settings
