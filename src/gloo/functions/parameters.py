"""Where a function's variables come from: patterns over the path, the query, headers, cookies, authority and body.

A pattern is literal text with variables in braces: ``/users/{id}/orders/{order}``. A variable takes the text up to the
next literal, and the last one the rest; a variable is never empty. So a match is found in one pass from left to
right, however hostile the text: there is no backtracking. A pattern without braces takes the whole value.
"""

import re
from collections.abc import Iterable
from enum import Enum
from itertools import pairwise
from typing import Literal

from gloo.errors import TemplateError
from gloo.functions.extractors import Extractor
from gloo.functions.source import Source
from gloo.model.base import Value

Origin = Literal["path", "query", "header", "cookie", "authority", "body"]

_BRACES = re.compile(r"[{}]")
VARIABLE = re.compile(r"\{[ \t]*([\-._0-9A-Za-z]+)[ \t]*\}")
"""A variable in a pattern; group 1 is its name."""

_HINT = "a variable is {name}, of letters, digits, '-', '_' and '.'"


class Parameter(Value, frozen=True):
    """A place of the request that gives values to variables.

    Args:
        source: the part of the request.
        key: name of the query parameter, header or cookie, or dotted name of the body's field; empty for the others.
        pattern: literal text with ``{name}``; without braces the whole value is taken and named after the key.
        extractor: a regex in place of the pattern; the body is then its text.
    """

    source: Origin
    key: str = ""
    pattern: str = ""
    extractor: Extractor | None = None

    @property
    def field(self) -> str:
        """The parameter's name in error messages: ``parameters.header.x-user``."""
        if self.extractor is not None:
            return self.extractor.field
        return ".".join(part for part in ("parameters", self.source, self.key) if part)


class Extent(Enum):
    """How far a variable reaches and how its text is decoded."""

    SEGMENT = "segment"
    """Within one path segment; percent-decoded."""
    VALUE = "value"
    """Within one query value; percent-decoded, a plus sign is a blank. More of the query may follow the last one."""
    WHOLE = "whole"
    """Any text, as it is."""


class Variable(Value, frozen=True):
    """A variable of a pattern and the literal text that ends it; empty for the end of the value."""

    name: str
    extent: Extent
    until: str


class Pattern(Value, frozen=True):
    """A parsed pattern: literal text, then variables, each with the literal after it."""

    start: str
    variables: tuple[Variable, ...]


def parse_pattern(parameter: Parameter) -> Pattern | None:
    """Parse the pattern of *parameter*; None stands for the whole value.

    Raises `TemplateError` at the brace that is wrong.
    """
    source = Source.of(parameter.field, parameter.pattern)
    source.check_characters()
    found = list(VARIABLE.finditer(source.text))
    _check_braces(source, found)
    if not found:
        return None
    _check_names(source, found)
    ends = [match.start() for match in found[1:]] + [len(source.text)]
    read = str.lower if parameter.source == "authority" else str
    variables = []
    for match, end in zip(found, ends, strict=True):
        extent = _extent(parameter.source, source.text[: match.start()])
        variables.append(Variable(match[1], extent, read(source.text[match.end() : end])))
    return Pattern(read(source.text[: found[0].start()]), tuple(variables))


def check_name(source: Source, name: str, *, at: int) -> tuple[str, ...]:
    """Split the dotted *name*; raise `TemplateError` if a part of it is empty."""
    parts = tuple(name.split("."))
    if not all(parts):
        raise source.error(at, f"{name!r} is not a name", "a dot nests: user.name is the field name of user")
    return parts


def _check_braces(source: Source, found: list[re.Match[str]]) -> None:
    known = {at for match in found for at in (match.start(), match.end() - 1)}
    for brace in _BRACES.finditer(source.text):
        if brace.start() not in known:
            raise source.error(brace.start(), "this brace belongs to no variable", _HINT)


def _check_names(source: Source, found: list[re.Match[str]]) -> None:
    for left, right in pairwise(found):
        if left.end() == right.start():
            raise source.error(right.start(), "two variables touch", "put literal text between them")
    names: set[str] = set()
    for match in found:
        check_name(source, match[1], at=match.start())
        if match[1] in names:
            raise source.error(match.start(), f"the variable {match[1]!r} stands here twice")
        names.add(match[1])


def _extent(source: Origin, before: str) -> Extent:
    """Tell the extent of the variable that follows the text *before* in its pattern."""
    if source != "path" or before.endswith("?"):
        return Extent.WHOLE
    return Extent.VALUE if "?" in before else Extent.SEGMENT


def named(parameter: Parameter) -> Parameter:
    """Complete a *parameter* without a key whose pattern is one variable alone: it names the key too.

    ``query: {id}`` is the query parameter ``id``.
    """
    alone = VARIABLE.fullmatch(parameter.pattern.strip())
    if parameter.extractor or parameter.key or parameter.source in ("path", "authority") or alone is None:
        return parameter
    return Parameter(parameter.source, alone[1])


class Binding(Value, frozen=True):
    """One variable and the parameter that gives it its value.

    Args:
        path: the variable's dotted name, split.
        parameter: index of its parameter.
        capture: index of the variable in the pattern, from 1; 0 for the whole value.
        typed: the value is a JSON value of the body; any other is text.
    """

    path: tuple[str, ...]
    parameter: int
    capture: int
    typed: bool


def bindings(parameters: Iterable[Parameter]) -> tuple[Binding, ...]:
    """List the variables that *parameters* bind, in their order; raise `TemplateError` for a bad one."""
    result: list[Binding] = []
    for index, parameter in enumerate(parameters):
        if parameter.extractor is not None:
            name = parameter.extractor.name
            path = check_name(Source.of(parameter.field, name), name, at=0)
            result.append(Binding(path, index, 0, typed=False))
            continue
        pattern = parse_pattern(parameter)
        if pattern is None:
            result.append(_whole(parameter, index))
            continue
        source = Source.of(parameter.field, parameter.pattern)
        for capture, variable in enumerate(pattern.variables, 1):
            result.append(Binding(check_name(source, variable.name, at=0), index, capture, typed=False))
    _check_nesting(result)
    return tuple(result)


def _whole(parameter: Parameter, index: int) -> Binding:
    if not parameter.key and parameter.source not in ("path", "authority"):
        hint = "name the field" if parameter.source == "body" else f"name the {parameter.source}"
        raise TemplateError(parameter.field, f"a {parameter.source} parameter needs a name", hint)
    name = parameter.key or parameter.source
    path = tuple(name.split("."))
    if parameter.source == "body":
        path = check_name(Source.of(parameter.field, name), name, at=0)
    elif not all(path):  # clients have such names too; extraction() finds them
        path = (name,)
    return Binding(path, index, 0, typed=parameter.source == "body")


def _check_nesting(found: list[Binding]) -> None:
    paths = {binding.path for binding in found}
    for path in paths:
        for length in range(1, len(path)):
            if path[:length] in paths:
                outer, inner = ".".join(path[:length]), ".".join(path)
                problem = f"{outer!r} is bound to a text, so {inner!r} can't be a field of it"
                raise TemplateError("parameters", problem, "give one of them another name by a pattern: {name}")
