"""The request of a function as Envoy itself makes it, for those requests of clients that are plain.

A path is plain when all that stands for variables is letters, digits, ``-``, ``_``, ``~`` and, but for the first
character, dots, and when it has no query where the function makes another path. There is nothing to decode and to
escape then, so that a regular expression makes of it what the function's program does. Headers that give variables
their values must be there. All other requests meet the program (docs/decisions/0002-lowering.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gloo.functions.lowering import NativeHeader, header_value, is_readable, native_headers
from gloo.functions.parameters import VARIABLE, Binding, Extent, Parameter, Pattern, bindings, named, parse_pattern
from gloo.functions.program import FunctionTemplate
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Output, Statement, Text, Variable
from gloo.model.base import Value, replace

_FIRST, _MORE = "[A-Za-z0-9_~-]", "[A-Za-z0-9._~-]"
_ANY_PATH = "[!->@-~]*"  # printable ASCII without the question mark
_ANY_QUERY = r"(?:\?.*)?"
_SEGMENT = "[!-.0->@-~]+"  # the same without the slash: enough where a path is known to be plain
_MOST_GROUPS = 9  # of RE2, in what a match is replaced by
_LONGEST_VALUE = 40
"""Characters of a value that a header gets: Envoy's filter leaves out one of 8,192, and each costs RE2 200 bytes."""

_METHOD = re.compile(r"[A-Z]+")
_SAFE_TEXT = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*")

Path = tuple[str, ...]


class PlainRequest(Value, frozen=True):
    r"""What Envoy makes of a plain request.

    Args:
        path: matches the whole of it, with its query (RE2); empty for any.
        pattern: the same for what is known to match *path*; its groups are the variables, at most nine.
        rewrite: the path for the upstream, with ``\1`` for the first group.
        made: the same as a format that may name `VALUES`, if all of its variables are among them. Both are empty if the
            client's own path stays.
        method: the one that the request must have already; empty for any.
        headers: to be set; a format may name `VALUES` of the request.
        values: which groups those are: the value ``1`` is the first group.
        asked: headers that must be there, and not empty.
    """

    path: str
    pattern: str
    rewrite: str = ""
    made: str = ""
    method: str = ""
    headers: tuple[NativeHeader, ...] = ()
    values: tuple[int, ...] = ()
    asked: tuple[str, ...] = ()


VALUES = "gloo.path"
"""The namespace of the request's metadata that holds the groups by their numbers."""


def plain_request(template: FunctionTemplate, parameters: Sequence[Parameter] = ()) -> PlainRequest | None:
    """Return what Envoy does for *template*, which compiles with *parameters*.

    None if only its program can do it, and if there is nothing that depends on the request being plain.
    """
    if template.writes_body or template.extractors:
        return None
    method, template = _without_method(template)
    complete = [*map(named, parameters)]
    groups, pattern = _groups(complete)
    sources = _headers(complete, template)
    formats = {name: _format(group) for name, group in groups.items()}
    formats |= {name: header_value(header) for name, header in sources.items()}
    headers = native_headers(template, parameters, formats)
    path = _path(template, {name: f"\\{group}" for name, group in groups.items()})
    if method is None or path is None or headers is None:
        return None
    wanted = tuple(group for group in sorted(groups.values()) if _stands_in(headers, _format(group)))
    asked = tuple(dict.fromkeys(sources[name] for name in _variables(template) if name in sources))
    noted = {name: _format(group) for name, group in groups.items() if group in wanted}
    made = _path(template, noted, percent="%%") or ""
    found = PlainRequest("", "", "" if made else path, made, method, headers, wanted, asked)
    if pattern is not None and (wanted or "\\" in path):
        more = "" if path else _ANY_QUERY
        return replace(found, path=_regex(pattern, wanted) + more, pattern=_loose(pattern) + more)
    if path:
        return replace(found, path=_ANY_PATH)
    return found if method or asked else None


def _variables(template: FunctionTemplate) -> Iterator[Path]:
    """Yield the variables of the headers of *template*, which are no more than text and values."""
    for name, text in template.headers:
        for statement in parse(Source.of_line(f"headers.{name}", text, pointers=template.known.pointers)):
            if isinstance(statement, Output) and isinstance(statement.expression, Variable):
                yield statement.expression.path


def _stands_in(headers: Iterable[NativeHeader], value: str) -> bool:
    return any(value in header.value for header in headers)


def _path(template: FunctionTemplate, values: Mapping[Path, str], percent: str = "%") -> str | None:
    """Return the path of *template*, empty if it leaves that of the client; None if it is more than text and *values*.

    Args:
        percent: how a percent sign is written.
    """
    if template.path is None:
        return ""
    block = parse(Source.of_line("path", template.path, pointers=template.known.pointers))
    parts = [_path_part(statement, values, percent) for statement in block]
    path = "".join(part for part in parts if part is not None)
    return path if None not in parts and path.startswith("/") and "/." not in path else None


def _path_part(statement: Statement, values: Mapping[Path, str], percent: str) -> str | None:
    match statement:
        case Text(text) if _SAFE_TEXT.fullmatch(text):
            return text.replace("%", percent)
        case Output(Variable(name)) if name in values:
            return values[name]
    return None


def _headers(parameters: Sequence[Parameter], template: FunctionTemplate) -> Mapping[Path, str]:
    """Return the variables that are whole headers, which the function itself leaves as they are, with their names."""
    written = {name.lower() for name, _ in template.headers}
    bound = bindings(parameters)
    whole = ((each.path, parameters[each.parameter]) for each in bound if _is_alone(each, bound))
    found = ((path, parameter.key.lower()) for path, parameter in whole if _is_header(parameter))
    return {path: name for path, name in found if is_readable(name) and name not in written}


def _is_header(parameter: Parameter) -> bool:
    """Tell whether *parameter* takes the whole of a header."""
    whole = parameter.extractor is None and VARIABLE.sub("", parameter.pattern, 1) == ""
    return whole and parameter.source == "header"


def _without_method(template: FunctionTemplate) -> tuple[str | None, FunctionTemplate]:
    """Return the method that *template* sets, and the rest; no method for one that is not the same for all requests."""
    method: str | None = ""
    for name, text in template.headers:
        if name.lower() == ":method":
            line = Source.of_line("headers.:method", text).text
            method = line if _METHOD.fullmatch(line) else None
    return method, replace(template, headers=tuple(pair for pair in template.headers if pair[0].lower() != ":method"))


def _format(group: int) -> str:
    return f"%DYNAMIC_METADATA({VALUES}:{group})%"


def _groups(parameters: Sequence[Parameter]) -> tuple[Mapping[Path, int], Pattern | None]:
    """Return the variables that a regular expression finds, with the numbers of their groups, and their pattern."""
    found = [pair for pair in enumerate(parameters) if pair[1].source == "path" and pair[1].extractor is None]
    if len(found) != 1:
        return {}, None
    ((index, parameter),) = found
    pattern = parse_pattern(parameter)
    if pattern is None or not _is_regular(pattern):
        return {}, None
    bound = bindings(parameters)
    return {each.path: each.capture for each in bound if each.parameter == index and _is_alone(each, bound)}, pattern


def _is_alone(binding: Binding, bound: Iterable[Binding]) -> bool:
    return sum(each.path == binding.path for each in bound) == 1


def _is_regular(pattern: Pattern) -> bool:
    """Tell whether each variable is one whole end of a segment, so that there is one way to match."""
    if len(pattern.variables) > _MOST_GROUPS or not pattern.start.startswith("/"):
        return False
    texts = (pattern.start, *(variable.until for variable in pattern.variables))
    ends = (*(variable.until[:1] == "/" for variable in pattern.variables[:-1]), pattern.variables[-1].until[:1] in "/")
    inside = all(variable.extent is Extent.SEGMENT for variable in pattern.variables)
    return inside and all(ends) and all(_SAFE_TEXT.fullmatch(text) and "?" not in text for text in texts)


def _regex(pattern: Pattern, bounded: Sequence[int]) -> str:
    """Return a regular expression for *pattern*; the groups in *bounded* are not long."""
    numbered = enumerate(pattern.variables, 1)
    lengths = ((f"{{0,{_LONGEST_VALUE - 1}}}" if group in bounded else "*", variable) for group, variable in numbered)
    parts = (f"({_FIRST}{_MORE}{length}){re.escape(variable.until)}" for length, variable in lengths)
    return re.escape(pattern.start) + "".join(parts)


def _loose(pattern: Pattern) -> str:
    """Return a regular expression for what is known to match *pattern*: of fewer ranges, each of which takes memory."""
    return re.escape(pattern.start) + "".join(f"({_SEGMENT}){re.escape(each.until)}" for each in pattern.variables)
