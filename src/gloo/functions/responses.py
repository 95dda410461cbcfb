"""Response templates: which answers of an upstream they take, and the Lua that makes new answers of them.

The names in a response template are fields of the upstream's JSON, unless a parameter takes them from a header of the
response. The program holds a list of rules; the first whose condition holds is rendered, all of it or nothing.
"""

import re
from collections.abc import Iterator

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.expressions import Sites
from gloo.functions.extraction import extract
from gloo.functions.known import Known
from gloo.functions.limits import body_flags, limits_of
from gloo.functions.matchable import check_matchable
from gloo.functions.message import MessageWriter, Part
from gloo.functions.names import BodyFormat, Names
from gloo.functions.parameters import Parameter, bindings, named
from gloo.functions.room import check_room
from gloo.model.base import Value

_STATUS = re.compile(r"([1-5])xx|([1-5][0-9][0-9])(?:-([1-5][0-9][0-9]))?")
_SUCCESS = ((200, 299),)


class Condition(Value, frozen=True):
    """Which answers a response template is for.

    Args:
        statuses: any of ``200``, ``4xx``, ``500-504`` and ``any``; none of them stands for the successful ones, 2xx.
        headers: names and values that the answer must have; a value may end in ``*``, which stands for any text.
    """

    statuses: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class ResponseTemplate(Value, frozen=True):
    """Templates for answers that *when* describes.

    Args:
        field: where it stands, for error messages: ``response``, ``responses[1]``.
        status: template of the new status; None leaves it.
        headers: names and templates of headers to set.
        body: the new body; None passes the body through.
        parameters: header parameters, over the response's headers.
        parse_body: how the upstream's body is read.
        max_body: the bytes of the longest body that is read; None for the usual.
    """

    field: str = "response"
    when: Condition = Condition()
    status: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    parameters: tuple[Parameter, ...] = ()
    parse_body: BodyFormat = "json"
    max_body: int | None = None


class WrittenResponse(Value, frozen=True):
    """The Lua of one response template.

    Args:
        lines: a Lua expression, the rule's table.
        takes_body: the upstream's body is read or replaced: it must come whole, and not compressed.
        kept: headers of the request that the rule asks for.
        hosts: marks of the host that it asks for.
        warnings: what should be known about it.
    """

    lines: tuple[str, ...]
    takes_body: bool
    kept: tuple[str, ...]
    hosts: tuple[str, ...]
    warnings: tuple[TemplateError, ...]


def write_response(template: ResponseTemplate, sites: Sites, known: Known) -> WrittenResponse:
    """Write the rule of *template*; raise `TemplateError` for what is wrong with it."""
    parameters = tuple(named(parameter) for parameter in template.parameters)
    check_matchable(parameters, "response")
    names = Names(parameters, bindings(parameters), template.parse_body, "response", known)
    writer = MessageWriter(names, sites, f"{template.field}.")
    parts = _parts(template, writer)
    extraction = extract(names)
    variables = len(extraction.constants) + len(extraction.lines) + len(parts)
    check_room(writer.rooms, variables, len(extraction.constants), template.field)
    limits = limits_of(names, template.max_body, f"{template.field}.max_body")
    lines = [
        "(function()",
        *extraction.constants,
        f"return {{{body_flags(names, limits, writes=template.body is not None)}",
        f"matches = function(status, headers) return {_condition(template)} end,",
        "render = function(headers, text, kept, hosts)",
        *names.fields(),
        *extraction.lines,
        *(line for part in parts for line in part.lines),
        *(part.apply for part in parts if part.apply),
        "return body" if template.body is not None else "return nil",
        "end} end)(),",
    ]
    takes = names.waits or template.body is not None
    return WrittenResponse(tuple(lines), takes, tuple(names.kept), tuple(names.hosts), tuple(writer.warnings))


def _parts(template: ResponseTemplate, writer: MessageWriter) -> list[Part]:
    """Write the parts of the new answer; raise `TemplateError` with all that is wrong with them."""
    parts: list[Part] = []
    with writer.faults.caught():
        parts += writer.status(template.status, empty_body=template.body == "")
    parts += writer.headers(template.headers, pseudo=())
    with writer.faults.caught():
        parts += writer.body(template.body, template.headers)
    with writer.faults.caught():
        _condition(template)
    writer.faults.check()
    return parts


def _condition(template: ResponseTemplate) -> str:
    field, when = f"{template.field}.when", template.when
    ranges = [_range(text, f"{field}.status") for text in when.statuses] or list(_SUCCESS)
    status = " or ".join(f"(status >= {low} and status <= {high})" for low, high in ranges)
    return " and ".join((f"({status})", *_header_conditions(when.headers)))


def _header_conditions(headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, value in headers:
        header = f"headers:get({lua.quoted(name.lower())})"
        if value == "*":
            yield f"{header} ~= nil"
        elif value.endswith("*"):
            yield f"gloo.starts({header}, {lua.quoted(value[:-1])})"
        else:
            yield f"{header} == {lua.quoted(value)}"


def _range(text: str, field: str) -> tuple[int, int]:
    """Read one of ``200``, ``4xx``, ``500-504``, ``any``."""
    if text == "any":
        return 100, 599
    found = _STATUS.fullmatch(text)
    if found is None or int(found[3] or 599) < int(found[2] or 0):
        raise TemplateError(field, f"{text!r} is not a status", "200, 4xx, 500-504 or any")
    if found[1]:
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    return int(found[2]), int(found[3] or found[2])
