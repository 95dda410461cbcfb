"""gloo get: objects with their states and reasons."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from gloo.cli import kinds
from gloo.cli.folder import folder_option, settings_for
from gloo.cli.listing import (
    FUNCTION_HEADERS,
    ROUTE_HEADERS,
    UPSTREAM_HEADERS,
    VIRTUAL_SERVICE_HEADERS,
    Entry,
    functions,
    routes,
    upstreams,
    virtual_services,
)
from gloo.cli.output import output_option, show, show_table
from gloo.cli.problems import PROBLEM_HEADERS, explain, problems
from gloo.cli.secrets import SECRET_HEADERS, secrets
from gloo.cli.view import View, view_of
from gloo.errors import NotFound
from gloo.model.strict import nearest

EXAMPLE = """\b
Examples:
  gloo get upstreams -d shop
  gloo get vs default -o yaml
  gloo get route default/2
  gloo get problem 3f2a91c0"""

_LISTS: dict[str, tuple[Sequence[str], Callable[[View], Iterator[Entry]]]] = {
    kinds.UPSTREAM: (UPSTREAM_HEADERS, upstreams),
    kinds.VIRTUAL_SERVICE: (VIRTUAL_SERVICE_HEADERS, virtual_services),
    kinds.FUNCTION: (FUNCTION_HEADERS, functions),
    kinds.ROUTE: (ROUTE_HEADERS, routes),
    kinds.SECRET: (SECRET_HEADERS, secrets),
    kinds.PROBLEM: (PROBLEM_HEADERS, problems),
}


@click.command("get", epilog=EXAMPLE)
@click.argument("kind", type=kinds.Kind(*_LISTS))
@click.argument("name", required=False)
@folder_option
@output_option("table", "yaml", "json")
def command(kind: str, name: str | None, directory: str | None, output: str) -> None:
    """Show objects with their states, and what an error reference means.

    KIND is upstream (us), virtualservice (vs), function, route, secret (names and keys, never values) or problem.
    NAME picks one; functions and routes go by upstream/function and virtualservice/index, or all of one object by its
    name; a problem by the reference that clients see in x-gloo-error.
    """
    view = view_of(settings_for(directory))
    headers, entries_of = _LISTS[kind]
    entries = list(entries_of(view))
    chosen = entries if name is None else _choose(entries, kind, name)
    if output != "table":
        is_one = name is not None and len(chosen) == 1 and chosen[0].name == name
        show(chosen[0].value if is_one else [entry.value for entry in chosen], output)
    elif kind == kinds.PROBLEM and name is not None:
        _explain(chosen, view.folder)
    else:
        show_table(headers, [entry.row for entry in chosen], none=f"{view.folder} holds no {kind}s")


def _choose(entries: list[Entry], kind: str, name: str) -> list[Entry]:
    """Return the entry of that name, or all that belong to the object of that name."""
    wanted = name.lower() if kind == kinds.PROBLEM else name
    chosen = [entry for entry in entries if entry.name == wanted] or [
        entry for entry in entries if entry.group == name or entry.name.rpartition("/")[2] == name
    ]
    if chosen:
        return chosen
    names = [known for entry in entries if (known := entry.name)]
    hint = nearest(name, names) if names else f"there are no {kind}s"
    raise NotFound(f"there is no {kind} {name!r} ({hint})")


def _explain(entries: list[Entry], folder: Path) -> None:
    click.echo("\n\n".join(explain(entry, folder) for entry in entries))
