"""The command gloo: one file per command."""


def main() -> None:
    """Run the command line and end the process."""
    from gloo.cli.program import program  # noqa: PLC0415 - importing the package costs nothing

    program(prog_name="gloo")
