"""The options of gloo run: the settings, once."""

import click
import msgspec
from tests.cli.command_line import gloo

from gloo.cli.run import command
from gloo.control_plane.settings import Settings, is_hidden


def test_every_setting_is_an_option_with_its_description_and_its_variable() -> None:
    options = {option.name: option for option in command.params if isinstance(option, click.Option)}
    for field in msgspec.structs.fields(Settings):
        if is_hidden(field.name):
            assert field.name not in options, "all users of a machine may read command lines"
        elif field.name != "dir":
            said = options[field.name].help or ""
            assert said.endswith(f"[GLOO_{field.name.upper()}]")
            assert options[field.name].opts == [f"--{field.name.replace('_', '-')}"]


def test_a_flag_that_can_not_be_is_wrong_use() -> None:
    assert "--http-port: 70000 can't be used" in gloo("run", "--http-port", "70000", status=2).stderr
    assert "'loud' is not one of" in gloo("run", "--log-level", "loud", status=2).stderr
    assert "'--http-port'" in gloo("run", "--htp-port", "1", status=2).stderr
