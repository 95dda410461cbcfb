"""The values that a function takes out of a request, each with the place that it comes from.

Each is extracted by a small program of its own that the function compiler makes, so by the rules of real calls.
"""

import json
import re
from collections.abc import Iterable

from gloo.envoy.lua import LuaProgram
from gloo.errors import TemplateError
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.request import Request
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.names import BodyFormat
from gloo.functions.parameters import bindings, named
from gloo.model.base import Value

_SPELLED = re.compile(r"[A-Za-z_]\w*([.-][A-Za-z_]\w*)*", re.ASCII)
"""Names that stand for themselves in a template; others are found by ``extraction``, empty where they are missing."""


class Extracted(Value, frozen=True):
    """One variable at one of its sources; *value* is JSON, None where the request has none there."""

    name: str
    source: str
    value: str | None


def bound_by(parameter: Parameter) -> tuple[str, ...]:
    """Return the dotted names that *parameter* binds."""
    return tuple(".".join(each.path) for each in bindings((parameter,)))


def source_text(parameter: Parameter) -> str:
    """Return where *parameter* looks, in few words: ``header x-pet``, ``path /pet/{id}``."""
    return " ".join(part for part in (parameter.source, parameter.key, parameter.pattern) if part)


class Sight(Value, frozen=True):
    """One request as functions see it that read its body as *form*."""

    request: Request
    form: BodyFormat
    runtime: FunctionRuntime


def extracted(parameters: Iterable[Parameter], sight: Sight) -> tuple[Extracted, ...]:
    """Return what each of *parameters* finds in the request, in their order; of a name the first value counts."""
    return tuple(
        Extracted(name, source_text(parameter), _run(name, (parameter,), sight))
        for parameter in map(named, parameters)
        for name in bound_by(parameter)
    )


def body_fields(names: Iterable[str], sight: Sight) -> tuple[Extracted, ...]:
    """Return the values of *names* in the body of the request."""
    return tuple(Extracted(name, "body field", _run(name, (), sight)) for name in names)


def _run(name: str, parameters: tuple[Parameter, ...], sight: Sight) -> str | None:
    spelled = name if _SPELLED.fullmatch(name) or not parameters else f"extraction({json.dumps(name)})"
    template = FunctionTemplate("", body=f'{{"":{{{{ {spelled} }}}}}}', parse_body=sight.form)
    try:
        program = compile_function(template, parameters)
    except TemplateError:
        return None  # a name that no expression can spell
    result = sight.runtime.run(LuaProgram(program.id, program.source), sight.request)
    if isinstance(result, Answer) or result.body is None:
        return None
    found = result.body.decode("utf-8", "replace").removeprefix('{"":').removesuffix("}")
    return None if spelled != name and found == '""' else found
