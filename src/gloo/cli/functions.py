"""gloo functions: what can be called, with what, and by which routes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument_or_option, settings_for
from gloo.cli.output import output_option, show, show_table

if TYPE_CHECKING:
    from gloo.explain.catalogue import CataloguedFunction
    from gloo.model.base import Json

EXAMPLE = "\b\nExamples:\n  gloo functions shop\n  gloo functions shop -o json | jq '.[].parameters'"
_HEADERS = ("FUNCTION", "KIND", "SOURCE", "PARAMETERS", "ROUTES")


@click.command("functions", epilog=EXAMPLE)
@folder_argument_or_option
@output_option("table", "json", "yaml")
def command(directory: str | None, output: str) -> None:
    """List all functions: what each needs, and which routes call it.

    SOURCE tells functions that are written from those that were discovered. With -o json, each route says where it
    finds each value. gloo get functions tells their states instead.
    """
    from gloo.cli.explain import tables_for
    from gloo.explain.catalogue import catalogue

    settings = settings_for(directory)
    found = catalogue(tables_for(settings))
    if output == "table":
        show_table(_HEADERS, [_row(each) for each in found], none=f"{settings.dir} holds no functions")
    else:
        show([_json(each) for each in found], output)


def _row(function: "CataloguedFunction") -> tuple[str, ...]:
    needs = ", ".join(need.name for need in function.needs)
    routes = ", ".join(caller.route for caller in function.callers)
    return (
        function.name,
        function.kind,
        function.source,
        needs if function.works else "(has errors: gloo check)",
        routes,
    )


def _json(function: "CataloguedFunction") -> "Json":
    return {
        "name": function.name,
        "kind": function.kind,
        "source": function.source,
        "works": function.works,
        "timeout": None if function.timeout is None else str(function.timeout),
        "idempotent": function.idempotent,
        "parameters": [{"name": need.name, "templates": list(need.templates)} for need in function.needs],
        "routes": [{"route": each.route, "sources": _by_name(each.sources)} for each in function.callers],
    }


def _by_name(sources: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return where each name is found: in the first of its sources that has a value."""
    found: dict[str, str] = {}
    for name, source in sources:
        found[name] = f"{found[name]}, else {source}" if name in found else source
    return found
