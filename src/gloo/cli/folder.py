"""The configuration folder that a command works on, and the options that say which."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_SETTINGS = "gloo.settings_file"
_HELP = "The configuration folder; by default $GLOO_DIR, else the one you are in."


def folder_option(command: Command) -> Command:
    """Give *command* the option ``-d/--dir`` as `directory`."""
    option = click.option("-d", "--dir", "directory", type=click.Path(file_okay=True), metavar="DIR", help=_HELP)
    return option(_settings_option(command))


def folder_argument(command: Command) -> Command:
    """Give *command* the argument ``[DIR]`` as `directory`."""
    argument = click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=True))
    return argument(_settings_option(command))


def folder_argument_or_option(command: Command) -> Command:
    """Give *command* both: the folder is in `directory`, however it was said."""

    def either(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
        said = context.params.pop("option_directory", None)
        if value is not None and said is not None:
            raise click.UsageError(f"the folder is said twice: {value} and -d {said}")
        return value if value is not None else said

    path = click.Path(file_okay=True)
    argument = click.argument("directory", metavar="[DIR]", required=False, type=path, callback=either)
    option = click.option("-d", "--dir", "option_directory", type=path, metavar="DIR", help=_HELP, is_eager=True)
    return option(argument(_settings_option(command)))


def _settings_option(command: Command) -> Command:
    """Give *command* the option ``--settings``, which `settings_for` finds by itself."""

    def keep(context: click.Context, _: click.Parameter, value: str | None) -> None:
        context.meta[_SETTINGS] = value

    help = "The settings file of the gateway, where it has one. [GLOO_SETTINGS]"  # noqa: A001 - click's word
    return click.option("--settings", metavar="FILE", help=help, expose_value=False, callback=keep)(command)


def settings_for(
    directory: str | None, flags: Mapping[str, object] | None = None, *, file: str | None = None
) -> "Settings":
    """Return the settings for *directory*; raise click.UsageError if there is no such folder."""
    from gloo.control_plane.settings import load_settings

    context = click.get_current_context(silent=True)
    file = file or (context.meta.get(_SETTINGS) if context else None)
    settings = load_settings(
        {**(flags or {}), "dir": directory}, environ=os.environ, file=Path(file) if file is not None else None
    )
    folder = Path(settings.dir)
    if not folder.exists():
        raise click.UsageError(f"there is no folder {settings.dir} (make it: mkdir -p {settings.dir}, or name another)")
    if not folder.is_dir():
        raise click.UsageError(f"{settings.dir} is no folder (give the folder that holds your configuration)")
    return settings
