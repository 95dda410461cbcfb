"""The request of a function as Envoy itself makes it, for those requests of clients whose path is plain.

A path is plain when it has no query and all that stands for variables is letters, digits, ``-``, ``_``, ``~`` and, but
for the first character, dots. There is nothing to decode and to escape then, so that a regular expression makes of it
what the function's program does; all others meet the program (docs/decisions/0002-lowering.md).
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from gloo.functions.body_modes import TEMPLATE
from gloo.functions.lowering import NativeHeader, native_headers
from gloo.functions.parameters import Binding, Extent, Parameter, Pattern, bindings, named, parse_pattern
from gloo.functions.program import FunctionTemplate
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Output, Statement, Text, Variable
from gloo.model.base import Value, replace

_FIRST, _MORE = "[A-Za-z0-9_~-]", "[A-Za-z0-9._~-]"
_ANY_PATH = "[!->@-~]*"  # printable ASCII without the question mark
_MOST_GROUPS = 9  # of RE2, in what a match is replaced by
_LONGEST = 40
"""Characters of a value that a header gets: Envoy's filter leaves out one of 8,192, and each costs RE2 200 bytes."""

_METHOD = re.compile(r"[A-Z]+")
_SAFE_TEXT = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*")

Path = tuple[str, ...]


class PlainRequest(Value, frozen=True):
    r"""What Envoy makes of a plain path.

    Args:
        path: matches the whole of it (RE2).
        pattern: the same for what is known to match *path*; its groups are the variables, at most nine.
        rewrite: the path for the upstream, with ``\1`` for the first group.
        method: the one that the request must have already; empty for any.
        headers: to be set; a format may name `VALUES` of the request.
        values: which groups those are: the value ``1`` is the first group.
    """

    path: str
    pattern: str
    rewrite: str
    method: str = ""
    headers: tuple[NativeHeader, ...] = ()
    values: tuple[int, ...] = ()


VALUES = "gloo.path"
"""The namespace of the request's metadata that holds the groups by their numbers."""


def plain_request(template: FunctionTemplate, parameters: Sequence[Parameter] = ()) -> PlainRequest | None:
    """Return what Envoy does for *template*, which compiles with *parameters*; None if only its program can do it."""
    if template.path is None or template.body is not None or template.mode != TEMPLATE:
        return None
    if template.extractors:
        return None
    method, template = _without_method(template)
    groups, pattern = _groups([*map(named, parameters)])
    source = Source.of_line("path", template.path or "", pointers=template.known.pointers)
    path = _rewritten(parse(source), groups)
    headers = native_headers(template, parameters, {name: _format(group) for name, group in groups.items()})
    if method is None or path is None or headers is None:
        return None
    wanted = tuple(group for group in sorted(groups.values()) if any(_format(group) in h.value for h in headers))
    if pattern is None or (not wanted and "\\" not in path):
        return PlainRequest(_ANY_PATH, _ANY_PATH, path, method, headers)
    return PlainRequest(_regex(pattern, wanted), _regex(pattern), path, method, headers, wanted)


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


def _regex(pattern: Pattern, bounded: Sequence[int] = ()) -> str:
    """Return a regular expression for *pattern*; the groups in *bounded* are not long."""
    numbered = enumerate(pattern.variables, 1)
    lengths = ((f"{{0,{_LONGEST - 1}}}" if group in bounded else "*", variable) for group, variable in numbered)
    parts = (f"({_FIRST}{_MORE}{length}){re.escape(variable.until)}" for length, variable in lengths)
    return re.escape(pattern.start) + "".join(parts)


def _rewritten(block: Sequence[Statement], groups: Mapping[Path, int]) -> str | None:
    """Return *block* as what a match is replaced by, or None if it is more than text and variables of the path."""
    parts = [_replacement(statement, groups) for statement in block]
    path = "".join(part for part in parts if part is not None)
    return path if None not in parts and path.startswith("/") and "/." not in path else None


def _replacement(statement: Statement, groups: Mapping[Path, int]) -> str | None:
    match statement:
        case Text(text) if _SAFE_TEXT.fullmatch(text):
            return text
        case Output(Variable(name)) if name in groups:
            return f"\\{groups[name]}"
    return None
