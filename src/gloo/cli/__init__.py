"""The command gloo: one file per command."""


def main() -> None:
    """Run the command line and end the process."""
    from gloo.cli.program import program

    program(prog_name="gloo")
