"""The command line as a whole: which commands there are, and how it ends.

A command's module is imported when the command is used: `gloo version` does not wait for what `gloo run` needs.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from gloo import __version__
from gloo.errors import GlooError, SettingsError

COMMANDS = {
    "demo": "Run the gateway with a small petstore behind it, to try it out.",
    "run": "Run the gateway of a folder until Ctrl-C.",
    "check": "Check a folder without running it: every finding with file and line.",
    "lint": "Name the routes that no request can reach.",
    "envoy-config": "Print the bootstrap of a further Envoy, of any role.",
    "translate": "Print what Envoy would get for a folder.",
    "explain": "Say what becomes of a request, and why, without running anything.",
    "test": "Run the tests in DIR/tests/*.yaml against the configuration in DIR.",
    "functions": "List all functions: what each needs, and which routes call it.",
    "discover": "Ask upstreams for their functions, now.",
    "call": "Call a function, and print the answer.",
    "get": "Show objects with their states, and what an error reference means.",
    "apply": "Create or change objects from a file.",
    "delete": "Delete one object.",
    "route": "Add, list and remove the routes of a virtual service.",
    "schema": "Print the JSON Schema of what users write.",
    "version": "Print the versions of gloo and Envoy, and the plugins.",
    "completion": "Print the completion script of a shell.",
}
"""Commands and their first lines of help; the module of each has its name (`_` for `-`), and defines `command`."""

INTERRUPTED = 130
EXAMPLE = "\b\nExamples:\n  gloo demo\n  gloo run shop\n  gloo check shop && gloo apply -d shop -f pets.yaml"


class Failure(click.ClickException):
    """What ends a command with a message instead of a traceback."""


class SettingsFailure(Failure):
    """The same, for what was wrong before the command began."""

    exit_code = 2


class Program(click.Group):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"gloo.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a name that is none gets the nearest one as a hint."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"commands: {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {name!r} ({hint})")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user or the world did wrong becomes a message."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except GlooError as error:
            raise _failure(error) from error
        except BaseExceptionGroup as group:
            errors = tuple(_leaves(group))
            if not all(isinstance(error, GlooError) for error in errors):
                raise
            raise _failure(*errors) from group


def _failure(*errors: BaseException) -> Failure:
    usage = any(isinstance(error, SettingsError) for error in errors)
    kind = SettingsFailure if usage else Failure
    return kind("\n".join(dict.fromkeys(str(error) for error in errors)))


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


@click.command(cls=Program, epilog=EXAMPLE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="gloo %(version)s")
def program() -> None:
    """Gloo, the function gateway: routes requests to functions through a stock Envoy."""
