"""gloo delete: remove one object."""

import click

from gloo.cli import kinds
from gloo.cli.folder import folder_option, settings_for

EXAMPLE = "\b\nExample:\n  gloo delete upstream petstore -d shop"


@click.command("delete", epilog=EXAMPLE)
@click.argument("kind", type=kinds.Kind(*kinds.STORED))
@click.argument("name")
@folder_option
def command(kind: str, name: str, directory: str | None) -> None:
    """Delete one object.

    KIND is upstream (us) or virtualservice (vs). Virtual services that still send requests to a deleted upstream are
    named: those routes answer 500 from now on.
    """
    from gloo.cli.delete_object import delete_object

    delete_object(settings_for(directory), kind, name)
