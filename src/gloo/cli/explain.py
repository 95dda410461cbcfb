"""gloo explain: what becomes of a request, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import output_option, show

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings
    from gloo.explain.request import Request
    from gloo.explain.tables import Tables

EXAMPLE = """\b
Examples:
  gloo explain GET /pet/7 shop
  gloo explain POST https://shop.example.org/orders -H 'x-team: a' -d '{"id": 7}' -o json"""


@click.command("explain", epilog=EXAMPLE)
@click.argument("method")
@click.argument("url")
@folder_argument
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header; may be repeated.")
@click.option("-d", "--data", metavar="BODY", help="The body; @FILE takes it from a file, @- from standard input.")
@click.option("--role", default="ingress", show_default=True, metavar="NAME", help="Ask the Envoys of this role.")
@output_option("text", "json")
def command(
    *, method: str, url: str, directory: str | None, headers: tuple[str, ...], data: str | None, role: str, output: str
) -> None:
    """Say what becomes of a request, and why, without running anything.

    URL is a path, or an address with the host that is asked for. Shown are the virtual service, each route that was
    asked and the matcher that said no, the values that a function takes out of the request, and the request as the
    upstream would get it: rendered by the very program that Envoy runs. The exit status is 1 when no route matches.
    """
    from gloo.cli.explain_text import explanation_json, explanation_text
    from gloo.explain.answer import NO_ROUTE, explain
    from gloo.explain.lua_run import FunctionRuntime

    settings = settings_for(directory)
    request = request_from(method, url, headers, data)
    tables = tables_for(settings)
    found = explain(request, tables, FunctionRuntime(), role=role)
    if output == "json":
        show(explanation_json(found), output)
    else:
        click.echo(explanation_text(found, tables, Path(settings.dir)))
    if found.answer is NO_ROUTE:
        click.get_current_context().exit(1)


def tables_for(settings: "Settings") -> "Tables":
    """Read the folder in *settings* as far as a question about a request needs it."""
    from gloo.cli.discovered import tell_discovered
    from gloo.control_plane.offline import translate_settings
    from gloo.explain.tables import tables_of
    from gloo.plugins.registry import load_plugins

    offline = translate_settings(settings)
    tell_discovered(offline)
    plugins, _ = load_plugins()
    return tables_of(offline.config, plugins)


def request_from(method: str, url: str, headers: tuple[str, ...], data: str | None) -> "Request":
    """Return the request that the command line describes; raise click.UsageError for what is none."""
    from gloo.errors import ConfigError
    from gloo.explain.request import request_of

    try:
        return request_of(method, url, [_header(each) for each in headers], _body(data))
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise click.UsageError(f"-H {text!r} is no header (e.g. -H 'x-team: a')")
    return name.strip(), value.strip()


def _body(data: str | None) -> bytes | None:
    if data is None:
        return None
    if not data.startswith("@"):
        return data.encode("utf-8", "surrogateescape")
    try:
        with click.open_file(data[1:], "rb") as file:
            read: bytes = file.read()
            return read
    except OSError as error:
        raise click.UsageError(f"{data[1:]} can't be read: {error.strerror}") from error
