"""The function compiler: template and parameters in, Lua program out. Pure: no Envoy, no network.

A program travels with its route (``LuaPerRoute.filter_context``: ``id`` and ``source``); the runtime is the script
named ``gloo`` of Envoy's Lua filter, which compiles a program when it first meets it. Programs with response templates
run in the script ``gloo-answers``, which is called for responses too, or in ``gloo-answers-only`` where Envoy itself
makes the request: none pays for what it does not need.
"""

from gloo.functions.parameters import Parameter
from gloo.functions.program import FunctionTemplate, Program, compile_function
from gloo.functions.responses import Condition, ResponseTemplate
from gloo.functions.runtime_source import answering_runtime_source, answers_only_runtime_source, runtime_source

__all__ = [
    "Condition",
    "FunctionTemplate",
    "Parameter",
    "Program",
    "ResponseTemplate",
    "answering_runtime_source",
    "answers_only_runtime_source",
    "compile_function",
    "runtime_source",
]
