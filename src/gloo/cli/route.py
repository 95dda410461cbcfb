"""gloo route: the routes of a virtual service, by flags."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gloo.cli.folder import folder_option, settings_for
from gloo.cli.output import output_option, show, show_table
from gloo.cli.route_options import RouteFlags, read_extensions, route_options
from gloo.errors import NotFound

if TYPE_CHECKING:
    from gloo.model.base import Json

DEFAULT = "default"
EXAMPLE = "\b\nExample:\n  gloo route add --path-prefix /pets --upstream petstore && gloo route list"
ADD_EXAMPLE = """\b
Examples:
  gloo route add --path-prefix /pets --upstream petstore
  gloo route add --path-exact /find --http-method POST --function petstore/find_pet --at 0
  echo 'parameters: {path: "/pet/{id}"}' | \\
    gloo route add --path-prefix /pet/ --function petstore/get_pet --extensions -"""
REMOVE_EXAMPLE = "\b\nExamples:\n  gloo route remove --index 2 -v shop\n  gloo route remove --path-prefix /pets"


def service_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the option ``-v/--virtual-service`` as `service`."""
    said = "The virtual service; by default the one named 'default'."
    return click.option("-v", "--virtual-service", "service", metavar="NAME", help=said)(command)


@click.group("route", epilog=EXAMPLE)
def command() -> None:
    """Add, list and remove the routes of a virtual service.

    The first route that matches gets a request, so their order counts.
    """


@command.command("add", epilog=ADD_EXAMPLE)
@route_options
@click.option("--prefix-rewrite", metavar="TEXT", help="Put this in place of the matched prefix.")
@click.option("--extensions", metavar="FILE", help="YAML with timeouts, headers, parameters, ...; - for input.")
@click.option("--at", type=click.IntRange(min=0), metavar="INDEX", help="Its place; by default the last.")
@click.option("--sort", is_flag=True, help="Sort all routes: events, exact, regex, prefix; longer ones first.")
@service_option
@folder_option
def add(
    *,
    directory: str | None,
    service: str | None,
    prefix_rewrite: str | None,
    extensions: str | None,
    at: int | None,
    sort: bool,
    **flags: Any,
) -> None:
    """Add a route; a virtual service that does not exist is made."""
    from gloo.cli.after import tell_findings
    from gloo.cli.matcher_text import describe
    from gloo.cli.route_edit import decoded_route, sorted_routes, with_route
    from gloo.cli.route_service import check_name, read_service

    if at is not None and sort:
        raise click.UsageError("--at can't be joined with --sort")
    settings = settings_for(directory)
    found = read_service(Path(settings.dir), service or DEFAULT)
    raw = _raw_route(RouteFlags(**flags), prefix_rewrite, extensions)
    route = decoded_route(raw)
    whole = with_route(found.raw, raw, at)
    index = len(found.routes) if at is None else at
    if sort:
        whole = sorted_routes(whole, (*found.routes, route))
        index = next(number for number, each in enumerate(whole["routes"]) if each == raw)
    check_name(found, whole)
    found.write(whole)
    made = " (created)" if found.item is None else ""
    click.echo(f"VirtualService/{found.name}{made}: route {index} added: {describe(route)}")
    tell_findings(settings, {f"VirtualService/{found.name}"})


@command.command("list", epilog="\b\nExample:\n  gloo route list -v shop -d config")
@service_option
@folder_option
@output_option("table", "yaml", "json")
def list_routes(directory: str | None, service: str | None, output: str) -> None:
    """List the routes in their order, those of all virtual services by default."""
    from gloo.cli.listing import ROUTE_HEADERS, routes
    from gloo.cli.view import view_of

    view = view_of(settings_for(directory))
    if service is not None and service not in view.offline.config.virtual_services:
        raise NotFound(f"there is no virtual service {service!r} (gloo get virtualservices lists them)")
    entries = [entry for entry in routes(view) if service in {None, entry.group}]
    if output == "table":
        show_table(ROUTE_HEADERS, [entry.row for entry in entries], none="there are no routes")
    else:
        show([entry.value for entry in entries], output)


@command.command("remove", epilog=REMOVE_EXAMPLE)
@route_options
@click.option("--index", type=click.IntRange(min=0), help="Its number in gloo route list.")
@service_option
@folder_option
def remove(*, directory: str | None, service: str | None, index: int | None, **flags: Any) -> None:
    """Remove the one route with this number, or with this matcher and destination."""
    from gloo.cli.after import tell_findings
    from gloo.cli.matcher_text import describe
    from gloo.cli.route_edit import Pattern, decoded_route, find_route, without_route
    from gloo.cli.route_service import read_service

    settings = settings_for(directory)
    found = read_service(Path(settings.dir), service or DEFAULT)
    if found.item is None:
        raise NotFound(f"there is no virtual service {found.name!r} (gloo get virtualservices lists them)")
    given = RouteFlags(**flags)
    if (index is None) != given.has_matcher:
        raise click.UsageError("say which route: --index NUMBER, or the flags of its matcher")
    if index is None:
        pattern = Pattern(decoded_route(given.matcher()), given.destination())
        index = find_route(found.routes, pattern)
    whole = without_route(found.raw, index)
    removed = describe(found.routes[index])
    found.write(whole)
    click.echo(f"VirtualService/{found.name}: route {index} removed: {removed}")
    tell_findings(settings, {f"VirtualService/{found.name}"})


def _raw_route(flags: RouteFlags, prefix_rewrite: str | None, extensions: str | None) -> "dict[str, Json]":
    destination = flags.destination()
    if destination is None:
        raise click.UsageError("say where the requests go: --upstream NAME, or --function UPSTREAM/NAME")
    raw = {**flags.matcher(), "single_destination": destination}
    if prefix_rewrite is not None:
        raw["prefix_rewrite"] = prefix_rewrite
    found = read_extensions(extensions)
    return {**raw, "extensions": dict(found)} if found else raw
