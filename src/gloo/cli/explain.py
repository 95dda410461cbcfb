"""gloo explain: what becomes of a request, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gloo.cli.folder import folder_argument, settings_for
from gloo.cli.output import output_option, show

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings
    from gloo.explain.lua_run import Answer
    from gloo.explain.request import Request
    from gloo.explain.tables import Tables

EXAMPLE = """\b
Examples:
  gloo explain GET /pet/7 shop
  gloo explain POST https://shop.example.org/orders -H 'x-team: a' -d '{"id": 7}' -o json
  gloo explain GET /pet/7 shop --answer-status 404 --answer-body '{"message": "gone"}'"""
_STATUS = "What the client gets when the upstream answers with this status."
_HEADER = "A header of that answer; may be repeated."
_BODY = "Its body; @FILE takes it from a file, @- from standard input."


@click.command("explain", epilog=EXAMPLE)
@click.argument("method")
@click.argument("url")
@folder_argument
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header; may be repeated.")
@click.option("-d", "--data", metavar="BODY", help="The body; @FILE takes it from a file, @- from standard input.")
@click.option("--role", default="ingress", show_default=True, metavar="NAME", help="Ask the Envoys of this role.")
@click.option("--answer-status", "status", type=int, metavar="STATUS", help=_STATUS)
@click.option("--answer-header", "answer_headers", multiple=True, metavar="'NAME: VALUE'", help=_HEADER)
@click.option("--answer-body", "answer_body", metavar="BODY", help=_BODY)
@output_option("text", "json")
def command(
    *,
    method: str,
    url: str,
    directory: str | None,
    headers: tuple[str, ...],
    data: str | None,
    role: str,
    status: int | None,
    answer_headers: tuple[str, ...],
    answer_body: str | None,
    output: str,
) -> None:
    """Say what becomes of a request, and why, without running anything.

    URL is a path, or an address with the host that is asked for. Shown are the virtual service, each route that was
    asked and the matcher that said no, the values that a function takes out of the request, and the request as the
    upstream would get it: rendered by the very program that Envoy runs. With an answer of the upstream (--answer-...)
    it says too which response template takes it, and what the client gets. The exit status is 1 when no route matches.
    """
    from gloo.cli.explain_text import explanation_json, explanation_text
    from gloo.explain.answer import explain
    from gloo.explain.lua_run import FunctionRuntime
    from gloo.explain.responding import answered

    settings = settings_for(directory)
    request = request_from(method, url, headers, data)
    answer = _answer_from(status, answer_headers, answer_body)
    tables, runtime = tables_for(settings), FunctionRuntime()
    _check_role(role, tables, settings)
    found = explain(request, tables, runtime, role=role)
    found = found if answer is None else answered(found, answer, tables, runtime)
    if output == "json":
        show(explanation_json(found), output)
    else:
        click.echo(explanation_text(found, tables, Path(settings.dir)))
    if found.unrouted:
        click.get_current_context().exit(1)


def tables_for(settings: "Settings") -> "Tables":
    """Read the folder in *settings* as far as a question about a request needs it."""
    from gloo.cli.discovered import tell_discovered
    from gloo.control_plane.offline import translate_settings
    from gloo.control_plane.xds_place import role_ports
    from gloo.explain.tables import tables_of
    from gloo.plugins.registry import load_plugins
    from gloo.translator.domains import DEFAULT_ROLE

    offline = translate_settings(settings)
    tell_discovered(offline)
    plugins, _ = load_plugins()
    ports = {DEFAULT_ROLE: (settings.http_port, settings.https_port), **role_ports(settings)}
    return tables_of(offline.config, plugins, ports=ports)


def _check_role(role: str, tables: "Tables", settings: "Settings") -> None:
    """Raise click.BadParameter for a role that does not exist: its Envoys would answer 500 to everything."""
    from gloo.control_plane.xds_place import role_ports

    roles = sorted(tables.roles | role_ports(settings).keys())
    if role not in roles:
        there = f"there is {roles[0]}" if len(roles) == 1 else f"there are {', '.join(roles)}"
        raise click.BadParameter(f"no virtual service names {role!r} ({there})", param_hint="--role")


def request_from(method: str, url: str, headers: tuple[str, ...], data: str | None) -> "Request":
    """Return the request that the command line describes; raise click.UsageError for what is none."""
    from gloo.errors import ConfigError
    from gloo.explain.request import request_of

    try:
        return request_of(method, url, [header_from(each) for each in headers], body_from(data))
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _answer_from(status: int | None, headers: tuple[str, ...], body: str | None) -> "Answer | None":
    """Return the answer of the upstream that the command line describes; None where it says nothing of one."""
    from gloo.errors import ConfigError
    from gloo.explain.upstream_answer import answer_of

    if status is None and not headers and body is None:
        return None
    try:
        return answer_of(200 if status is None else status, [header_from(each) for each in headers], body_from(body))
    except ConfigError as error:
        raise click.UsageError(f"the answer's {error}") from error


def header_from(text: str) -> tuple[str, str]:
    """Return name and value of ``name: value``; raise click.UsageError for what is none."""
    name, colon, value = text.partition(":")
    if not colon:
        raise click.UsageError(f"{text!r} is no header (e.g. -H 'x-team: a')")
    return name.strip(), value.strip()


def body_from(data: str | None) -> bytes | None:
    """Return the body that an option gives, from a file where it names one; raise click.UsageError if it can't."""
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
