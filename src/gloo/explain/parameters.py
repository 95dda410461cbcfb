"""The values that a function takes out of a request, each with the place that it comes from.

Each is extracted by a small program of its own that the function compiler makes, so by the rules of real calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gloo.envoy.lua import LuaProgram
from gloo.errors import TemplateError
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.request import Request
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.parameters import bindings, named


@dataclass(frozen=True, slots=True)
class Extracted:
    """One variable at one of its sources; *value* is JSON, None where the request has none there."""

    name: str
    source: str
    value: str | None


def source_text(parameter: Parameter) -> str:
    """Return where *parameter* looks, in few words: ``header x-pet``, ``path /pet/{id}``."""
    return " ".join(part for part in (parameter.source, parameter.key, parameter.pattern) if part)


def extracted(parameters: Iterable[Parameter], request: Request, runtime: FunctionRuntime) -> tuple[Extracted, ...]:
    """Return what each of *parameters* finds in *request*, in their order; of a name the first value counts."""
    return tuple(
        Extracted(".".join(binding.path), source_text(parameter), _value(parameter, binding.path, request, runtime))
        for parameter in map(named, parameters)
        for binding in bindings((parameter,))
    )


def body_fields(names: Iterable[str], request: Request, runtime: FunctionRuntime) -> tuple[Extracted, ...]:
    """Return the values of *names* in the JSON body of *request*."""
    return tuple(
        Extracted(name, "body field", _run(FunctionTemplate("", body=f'{{"":{{{{ {name} }}}}}}'), (), request, runtime))
        for name in names
    )


def _value(parameter: Parameter, path: tuple[str, ...], request: Request, runtime: FunctionRuntime) -> str | None:
    template = FunctionTemplate("", body=f'{{"":{{{{ {".".join(path)} }}}}}}')
    return _run(template, (parameter,), request, runtime)


def _run(
    template: FunctionTemplate, parameters: tuple[Parameter, ...], request: Request, runtime: FunctionRuntime
) -> str | None:
    try:
        program = compile_function(template, parameters)
    except TemplateError:
        return None  # a name that no expression can spell, such as x-pet: its value shows in the request alone
    result = runtime.run(LuaProgram(program.id, program.source), request)
    if isinstance(result, Answer) or result.body is None:
        return None
    return result.body.decode("utf-8", "replace").removeprefix('{"":').removesuffix("}")
