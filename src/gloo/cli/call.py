"""gloo call: one call of a function, from the command line."""

import http.client
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from gloo.cli.folder import folder_option, settings_for
from gloo.cli.output import note, output_option, show
from gloo.errors import ConfigError, GlooError

if TYPE_CHECKING:
    from gloo.control_plane.settings import Settings
    from gloo.explain.answer import Reply
    from gloo.explain.calling import FoundFunction, Given, Prepared
    from gloo.explain.delivery import Endpoint
    from gloo.explain.lua_run import Answer
    from gloo.explain.request import Request
    from gloo.explain.tables import Tables
    from gloo.model.base import Json

EXAMPLE = """\b
Examples:
  gloo call petstore/get_pet --arg id=7 -d shop --dry-run
  gloo call petstore/add_pet --arg name=Momo --arg 'tags=["cat"]' -d shop
  gloo call petstore/get_pet --arg id=7 -d shop --via gateway"""
_PATIENCE = 30  # seconds for the answer


@click.command("call", epilog=EXAMPLE)
@click.argument("function", metavar="UPSTREAM/FUNCTION")
@click.option("--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="A value: JSON, or else text.")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header of the caller.")
@click.option(
    "--via", type=click.Choice(["upstream", "gateway"]), default="upstream", show_default=True, help="The way."
)
@click.option("--body", metavar="BODY", help="A body that the function passes on or reads; @FILE takes it from a file.")
@click.option("--raw", is_flag=True, help="Print the upstream's own answer, whatever the response templates say.")
@click.option("--dry-run", is_flag=True, help="Print the request, and send nothing.")
@folder_option
@output_option("text", "json")
def command(
    *,
    function: str,
    arguments: tuple[str, ...],
    headers: tuple[str, ...],
    body: str | None,
    via: str,
    raw: bool,
    dry_run: bool,
    directory: str | None,
    output: str,
) -> None:
    """Call a function, and print the answer.

    The values are those of its parameters: what a route would find in the path, the query, a header or the body. The
    request goes straight to the first host of the upstream, and the function's response templates make of the answer
    what a client would get; --raw leaves it as it is. With --via gateway the running gateway gets a request that the
    first route to the function takes, of those that go nowhere else if there are any. The exit status is 1 when the
    answer is an error.
    """
    from gloo.cli.explain import body_from, request_from, tables_for
    from gloo.explain.calling import Given

    settings = settings_for(directory)
    given = Given(_values(arguments), request_from("GET", "/", headers, None).headers, body_from(body))
    tables = tables_for(settings)
    _check_body(function, given, tables)
    if via == "gateway":
        prepared, where, request = None, None, _client_request(function, given, tables)
    else:
        prepared, where = _prepared(function, given, tables)
        request = prepared.request
    if dry_run:
        _tell_request(request, output)
        return
    where = where or _gateway(settings)
    answer = _send(request, where)
    reply = prepared.reply(answer, where.marks) if prepared is not None and not raw else None
    _tell_answer(answer, reply, f"{where.address}:{where.port}", output)


def _tell_answer(answer: "Answer", reply: "Reply | None", place: str, output: str) -> None:
    """Print what the client gets, and of what it was made; the exit status is 1 if that is an error."""
    from gloo.cli.explain_text import body_text

    final = reply.answer if reply is not None and reply.answer is not None else answer
    template = reply.rule if reply is not None else ""
    if output == "json":
        plain = {"status": final.status, "headers": [list(pair) for pair in final.headers]}
        show({**plain, "body": body_text(final.body), "template": template, "from": answer.status}, output)
    else:
        note(f"{answer.status} from {place}")
        if template and reply is not None:
            note(f"{template} of the function makes of it: {final.status}{f' ({reply.note})' if reply.note else ''}")
        for name, value in final.headers:
            note(f"{name}: {value}")
        click.echo(final.body, nl=False)
    if final.status >= 400:
        click.get_current_context().exit(1)


def _values(arguments: tuple[str, ...]) -> list[tuple[str, "Json"]]:
    from gloo.explain.calling import argument

    try:
        return [argument(each) for each in arguments]
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _check_body(name: str, given: "Given", tables: "Tables") -> None:
    """Raise ConfigError for a body that the function would not look at."""
    from gloo.explain.arguments import calling_route, check_arguments, wants
    from gloo.explain.calling import find_function
    from gloo.explain.delivery import parameters_of_route, template_of_function

    called = find_function(name, tables)
    template = template_of_function(called.name, called.function)
    if given.body is None or template is None or not template.writes_body:
        return
    caller = calling_route(name, tables)
    found = wants(template, called.function, caller)
    check_arguments(found, given.arguments)
    fields = [each for each, _ in given.arguments if each not in found.texts]
    if fields:
        raise ConfigError("", "--body", f"{fields[0]!r} is a field of it, which --arg gives", "give one of them")
    parameters = parameters_of_route(caller.route, called.function) if caller is not None else ()
    looks = found.anything or any(each.source == "body" for each in (*template.extractors, *parameters))
    if not looks and found.names <= set(found.texts):
        raise ConfigError("", "--body", "the function makes a body of its own, and looks at none", "leave it out")


def _client_request(name: str, given: "Given", tables: "Tables") -> "Request":
    """Return what a client would send; say so where the gateway may send it elsewhere than to the function."""
    from gloo.explain.arguments import calling_route
    from gloo.explain.calling import find_function
    from gloo.explain.client_call import client_request

    request = client_request(find_function(name, tables), given, tables)
    caller = calling_route(name, tables)
    if caller is not None and caller.others:
        note(f"each route to {name} has other destinations: the call may go to {' or '.join(caller.others)}")
    return request


def _prepared(name: str, given: "Given", tables: "Tables") -> tuple["Prepared", "Endpoint"]:
    """Return what is to be sent, and to which host of the upstream; raise ConfigError for what can't be."""
    from gloo.explain.calling import find_function, rendered
    from gloo.explain.lua_run import Answer

    called = find_function(name, tables)
    where = _first_host(called, tables)
    result = rendered(called, given, where.name or f"{where.address}:{where.port}", tables)
    if isinstance(result, Answer):
        raise ConfigError("", name, f"refuses the values: {result.body.decode('utf-8', 'replace')}")
    return result, where


def _first_host(called: "FoundFunction", tables: "Tables") -> "Endpoint":
    from gloo.explain.delivery import endpoints

    hosts = endpoints(tables.upstreams[called.upstream])
    if not hosts:
        raise ConfigError("", called.upstream, "its hosts are not known here", "call it --via gateway")
    return hosts[0]


def _gateway(settings: "Settings") -> "Endpoint":
    from gloo.control_plane.settings import state_folder
    from gloo.control_plane.state import read_statuses
    from gloo.explain.delivery import Endpoint

    running = read_statuses(state_folder(settings)).running
    if running is None:
        raise ConfigError("", "--via gateway", f"no gateway runs on {Path(settings.dir)}", f"gloo run {settings.dir}")
    parts = urlsplit(running.http)
    return Endpoint(parts.hostname or "localhost", parts.port or 80, "", tls=False)


def _tell_request(request: "Request", output: str) -> None:
    from gloo.cli.explain_text import request_json, request_lines

    if output == "json":
        plain: Json = request_json(request)
        show(plain, output)
    else:
        click.echo("\n".join(request_lines(request)))


def _send(request: "Request", where: "Endpoint") -> "Answer":
    """Send *request* word for word; raise GlooError when no answer comes."""
    from gloo.explain.lua_run import Answer

    if where.tls:
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            where.name or where.address, where.port, timeout=_PATIENCE, context=context
        )
    else:
        connection = http.client.HTTPConnection(where.address, where.port, timeout=_PATIENCE)
    try:
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", request.host)
        for name, value in request.headers:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        if request.body is not None:
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return Answer(answer.status, tuple((n.lower(), v) for n, v in answer.getheaders()), answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise GlooError(f"{where.address}:{where.port} does not answer: {error}") from error
    finally:
        connection.close()
