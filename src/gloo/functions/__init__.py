"""The function compiler: template and parameters in, Lua program out. Pure: no Envoy, no network.

A program travels with its route (``LuaPerRoute.filter_context``: ``id`` and ``source``); the runtime is the script of
Envoy's Lua filter, which compiles a program when it first meets it. Two instances of the filter have one half of the
runtime each: the first is called for requests, the second for the answers of programs with response templates. A route
names those that it needs, so that none pays for the other.
"""

from gloo.functions.parameters import Parameter
from gloo.functions.program import FunctionTemplate, Program, compile_function
from gloo.functions.responses import Condition, ResponseTemplate
from gloo.functions.runtime_source import answers_runtime_source, runtime_source, whole_runtime_source

__all__ = [
    "Condition",
    "FunctionTemplate",
    "Parameter",
    "Program",
    "ResponseTemplate",
    "answers_runtime_source",
    "compile_function",
    "runtime_source",
    "whole_runtime_source",
]
