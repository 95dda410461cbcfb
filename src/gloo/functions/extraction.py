"""Write the Lua that takes a function's variables out of a request: only those that its templates use."""

from collections import Counter
from collections.abc import Iterator, Mapping

from gloo.functions import lua
from gloo.functions.extractors import write_extractor
from gloo.functions.names import Names, body_field, came_as_text, free_source
from gloo.functions.parameters import Parameter, Pattern, parse_pattern
from gloo.model.base import Value


class Extraction(Value, frozen=True):
    """Lua lines: *constants* stand outside of the function, *lines* at its start."""

    constants: tuple[str, ...]
    lines: tuple[str, ...]


def extract(names: Names) -> Extraction:
    """Write the extraction of the variables that *names* noted as used; the first source that has a value wins."""
    uses = Counter(binding.parameter for binding in names.bindings if binding.path in names.used)
    constants = [f"local {name} = {written}" for written, name in names.constants.items()]
    lines, values = [], {}
    for index in sorted(uses):
        constant, values[index] = _source(names.parameters[index], index)
        constants += [constant] if constant else []
        if uses[index] > 1:
            lines.append(f"local s{index} = {values[index]}")
            values[index] = f"s{index}"
    for path, variable in names.used.items():
        lines.extend(_declaration(path, variable, names, values))
    lines += [f"local {name} = {written}" for written, name in names.objects.items()]
    return Extraction(tuple(constants), tuple(lines))


def _declaration(path: tuple[str, ...], variable: str, names: Names, values: Mapping[int, str]) -> Iterator[str]:
    """Write the Lua variable of the name *path*; *values* are those of its sources, by their places."""
    bound = [b for b in names.bindings if b.path == path]
    sources = [f"{values[b.parameter]}[{b.capture}]" if b.capture else values[b.parameter] for b in bound]
    first, *others = sources or [free_source(path) or "nil"]
    yield f"local {variable} = {first}"
    if not names.mixed(path):
        yield from (f"if {variable} == nil then {variable} = {other} end" for other in others)
        return
    flag = came_as_text(variable)
    yield f"local {flag} = {lua.boolean(not bound[0].typed)}"
    for other, binding in zip(others, bound[1:], strict=True):
        kind = lua.boolean(not binding.typed)
        yield f"if {variable} == nil then {variable}, {flag} = {other}, {kind} end"


def _constant(index: int, pattern: Pattern) -> str:
    variables = (f"{{{lua.quoted(v.extent.value)}, {lua.quoted(v.until)}}}" for v in pattern.variables)
    return f"local p{index} = {{{', '.join((lua.quoted(pattern.start), *variables))}}}"


def _source(parameter: Parameter, index: int) -> tuple[str, str]:
    """Write the constant that *parameter* needs, if any, and its value."""
    text = _text(parameter)
    if parameter.extractor is not None:
        written = write_extractor(parameter.extractor, text, index)
        return written.constant, written.value
    pattern = parse_pattern(parameter)
    return ("", text) if pattern is None else (_constant(index, pattern), lua.call("gloo.match", text, f"p{index}"))


def _text(parameter: Parameter) -> str:
    """Write the text, or for the body the value, that *parameter* looks at."""
    match parameter.source:
        case "body" if parameter.extractor is not None:
            return "text"
        case "path" if "?" in parameter.pattern:
            return 'headers:get(":path")'
        case "path":
            return 'gloo.path(headers:get(":path"))'
        case "query":
            return f'gloo.query(headers:get(":path"), {lua.quoted(parameter.key)})'
        case "header":
            return f"headers:get({lua.quoted(parameter.key.lower())})"
        case "cookie":
            return f"gloo.cookie(gloo.cookies(headers), {lua.quoted(parameter.key)})"
        case "authority":
            return f'gloo.host(headers:get(":authority"), {lua.boolean(":" in parameter.pattern)})'
    written = body_field(parameter.key.split("."))
    return lua.call("gloo.string", written) if parameter.pattern else written
