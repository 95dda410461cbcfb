"""gloo get: objects with their states and reasons."""

import click

from gloo.cli import kinds
from gloo.cli.folder import folder_option, settings_for
from gloo.cli.output import output_option, show, show_table

EXAMPLE = """\b
Examples:
  gloo get upstreams -d shop
  gloo get vs default -o yaml
  gloo get route default/2
  gloo get problem 3f2a91c0"""


@click.command("get", epilog=EXAMPLE)
@click.argument("kind", type=kinds.Kind(*kinds.ALIASES))
@click.argument("name", required=False)
@folder_option
@output_option("table", "yaml", "json")
def command(kind: str, name: str | None, directory: str | None, output: str) -> None:
    """Show objects with their states, and what an error reference means.

    KIND is upstream (us), virtualservice (vs), function, route, secret (names and keys, never values) or problem.
    NAME picks one; functions and routes go by upstream/function and virtualservice/index, or all of one object by its
    name; a problem by the reference that clients see in x-gloo-error.
    """
    from gloo.cli.lists import LISTS, choose, tell_below, tell_explanation
    from gloo.cli.view import view_of

    view = view_of(settings_for(directory))
    headers, entries_of = LISTS[kind]
    entries = list(entries_of(view))
    chosen = entries if name is None else choose(entries, kind, name)
    if output != "table":
        is_one = name is not None and len(chosen) == 1 and chosen[0].name == name
        show(chosen[0].value if is_one else [entry.value for entry in chosen], output)
    elif kind == kinds.PROBLEM and name is not None:
        tell_explanation(chosen, view.folder)
    else:
        show_table(headers, [entry.row for entry in chosen], none=f"{view.folder} holds no {kind}s")
        tell_below(chosen)
