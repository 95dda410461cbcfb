"""Options made from the settings: a setting is named and explained in one place only."""

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

import click
import msgspec

from gloo.control_plane.settings import Settings, choices_of, is_hidden, variable

Command = TypeVar("Command", bound=Callable[..., Any])

_SIMPLE: dict[type, click.ParamType[Any]] = {int: click.INT, float: click.FLOAT, str: click.STRING}


def setting_options(*without: str) -> Callable[[Command], Command]:
    """Give a command an option per setting, except those named *without*, and ``--settings FILE``.

    A setting that is a secret has none: all users of a machine may read command lines.
    """

    def give(command: Command) -> Command:
        for field in reversed(msgspec.structs.fields(Settings)):
            if field.name not in without and not is_hidden(field.name):
                command = _option(field)(command)
        return click.option(
            "--settings", "settings_file", metavar="FILE", help="A YAML file of settings. [GLOO_SETTINGS]"
        )(command)

    return give


def _option(field: msgspec.structs.FieldInfo) -> Callable[[Command], Command]:
    """Return the option of one setting. It has no default: a flag that is not given must not hide a variable."""
    annotated = get_type_hints(Settings, include_extras=True)[field.name]
    description = next(meta.description for meta in annotated.__metadata__ if meta.description)
    default = f" (default {field.default})" if field.default != "" else ""
    choices = choices_of(field.name)
    return click.option(
        f"--{field.name.replace('_', '-')}",
        field.name,
        type=click.Choice(choices) if choices else _SIMPLE[get_type_hints(Settings)[field.name]],
        help=f"{description[0].upper()}{description[1:]}{default}. [{variable(field.name)}]",
    )
