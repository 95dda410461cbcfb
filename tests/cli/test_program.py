"""The command line as a whole."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from tests.cli.command_line import gloo

from gloo.cli.program import COMMANDS, Program, program
from gloo.errors import SettingsError, StorageError


def all_commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", each) for sub, each in command.commands.items())


def test_every_help_ends_with_an_example() -> None:
    for name, command in all_commands():
        assert command.epilog is not None, name
        assert command.epilog.startswith("\b\nExample"), name
        shown = gloo(*name.split(), "--help").stdout
        assert shown.rstrip().endswith(command.epilog.splitlines()[-1].strip()), name


def test_the_list_of_commands_says_what_each_command_says_itself() -> None:
    for name, command in all_commands():
        if name in COMMANDS:
            assert (command.help or "").partition("\n")[0] == COMMANDS[name]


def test_every_option_has_help() -> None:
    for name, command in all_commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)


def test_an_unknown_command_is_answered_with_the_nearest_one() -> None:
    assert "there is no command 'chek' (did you mean 'check'?)" in gloo("chek", status=2).stderr


def test_a_name_that_is_near_to_none_lists_the_commands() -> None:
    assert "commands: demo, run, check" in gloo("xyzzy", status=2).stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (StorageError("the store is gone"), 1, "Error: the store is gone\n"),
        (SettingsError("GLOO_X: no"), 2, "Error: GLOO_X: no\n"),
        (
            ExceptionGroup("two", [StorageError("one"), ExceptionGroup("", [StorageError("two")])]),
            1,
            "Error: one\ntwo\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_one_message(error: BaseException, status: int, said: str) -> None:
    result = _failing(error)
    assert (result.exit_code, result.stderr) == (status, said)


def test_a_bug_is_not_hidden() -> None:
    bug = ExceptionGroup("mixed", [StorageError("known"), ZeroDivisionError()])
    assert _failing(bug).exception is bug


def _failing(error: BaseException) -> Result:
    class Failing(Program):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return click.Command("check", callback=_raise)

    def _raise() -> None:
        raise error

    return CliRunner().invoke(Failing(), ["check"])


def test_the_installed_command_tells_a_user_error_without_a_traceback() -> None:
    done = _installed("check", "/no/such/folder")
    assert done.returncode == 2
    assert "there is no folder /no/such/folder (make it: mkdir -p" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_installed_command_tells_its_versions() -> None:
    done = _installed("version")
    assert done.returncode == 0
    assert done.stdout.startswith("gloo: ")
    assert "service types: REST" in done.stdout


def _installed(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from gloo.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from gloo.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('heavy:', [n for n in ('grpc', 'google.protobuf', 'yaml', 'watchfiles', 'asyncio')"
        " if n in sys.modules])"
    )
    for name in ("", *(name for name in COMMANDS if name not in {"run", "demo"})):
        arguments = [*name.split(), "--help"]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=True
        )
        assert "heavy: []" in done.stdout, (name, done.stdout.splitlines()[-1])
