"""What `gloo get` can list, by kind, and how one of it is picked by name."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from gloo.cli import kinds
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
from gloo.cli.problems import PROBLEM_HEADERS, explain, problems
from gloo.cli.secrets import SECRET_HEADERS, secrets
from gloo.cli.view import View
from gloo.errors import NotFound
from gloo.model.strict import nearest

LISTS: dict[str, tuple[Sequence[str], Callable[[View], Iterator[Entry]]]] = {
    kinds.UPSTREAM: (UPSTREAM_HEADERS, upstreams),
    kinds.VIRTUAL_SERVICE: (VIRTUAL_SERVICE_HEADERS, virtual_services),
    kinds.FUNCTION: (FUNCTION_HEADERS, functions),
    kinds.ROUTE: (ROUTE_HEADERS, routes),
    kinds.SECRET: (SECRET_HEADERS, secrets),
    kinds.PROBLEM: (PROBLEM_HEADERS, problems),
}


def choose(entries: list[Entry], kind: str, name: str) -> list[Entry]:
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


def tell_below(entries: list[Entry]) -> None:
    """Write what there is to show of *entries* beside their rows: templates, with a caret at the place of a problem."""
    for entry in entries:
        if entry.below:
            place = f"{entry.value['file']}:{entry.value['line'] or 1}: " if entry.value["file"] else ""
            click.echo("\n".join((f"\n{place}{entry.value['field']}", *entry.below)))


def tell_explanation(entries: list[Entry], folder: Path) -> None:
    """Write what each problem means for clients and for its author."""
    click.echo("\n\n".join(explain(entry, folder) for entry in entries))
