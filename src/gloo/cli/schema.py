"""gloo schema: what editors check and complete by."""

import click

from gloo.cli import kinds
from gloo.cli.output import note, show

EXAMPLE = """\b
Example:
  gloo schema > gloo.schema.json
  and in the first line of a YAML file:
  # yaml-language-server: $schema=gloo.schema.json"""


@click.command("schema", epilog=EXAMPLE)
@click.argument("kind", required=False, type=kinds.Kind(*kinds.STORED))
def command(kind: str | None) -> None:
    """Print the JSON Schema of what users write.

    KIND is upstream (us) or virtualservice (vs); without it the schema takes whatever a configuration file may hold.
    """
    from gloo.plugins.registry import load_plugins
    from gloo.plugins.schema import json_schema

    plugins, faults = load_plugins()
    for fault in faults:
        note(str(fault))
    show(json_schema(plugins, kinds.STORED[kind] if kind else ""), "json")
