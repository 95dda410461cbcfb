"""gloo completion: scripts that make shells complete commands, options, kinds and names."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

EXAMPLE = (
    "\b\nExamples:\n  source <(gloo completion bash)\n  source <(gloo completion zsh)\n  gloo completion fish | source"
)
_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion", epilog=EXAMPLE)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def command(shell: str) -> None:
    """Print the completion script of a shell."""
    root = click.get_current_context().find_root()
    complete = _SHELLS[shell](root.command, {}, "gloo", "_GLOO_COMPLETE")
    click.echo(ShellComplete.source(complete))
