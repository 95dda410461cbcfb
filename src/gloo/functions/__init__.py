"""The function compiler: template and parameters in, Lua program out. Pure: no Envoy, no network.

A program travels with its route (``LuaPerRoute.filter_context``: ``id`` and ``source``); the runtime is the script
named ``gloo`` of Envoy's Lua filter, which compiles a program when it first meets it.
"""

from gloo.functions.parameters import Parameter
from gloo.functions.program import FunctionTemplate, Program, compile_function
from gloo.functions.runtime_source import runtime_source

__all__ = ["FunctionTemplate", "Parameter", "Program", "compile_function", "runtime_source"]
