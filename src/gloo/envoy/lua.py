"""The Lua filter: one script for all (others for those that see answers), a program per route."""

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Value

LUA_FILTER = "envoy.filters.http.lua"
RUNTIME = "gloo"
ANSWERING_RUNTIME = "gloo-answers"
"""The script of programs with response templates; Envoy would call a single script for the answers of all."""

ANSWERS_ONLY = "gloo-answers-only"
"""The script of those that see answers and no requests."""


class LuaProgram(Value, frozen=True):
    """A route's program, by the hash of its source.

    Args:
        script: the one that it runs in.
    """

    id: str
    source: str
    script: str = RUNTIME


def lua_filter(runtime: str, answering: str, answers_only: str) -> HttpFilter:
    """Return the filter that holds the scripts by `RUNTIME` and the others.

    The route stays chosen when a program writes `:path`: a function's path belongs to its upstream, not to our routes.
    """
    scripts = {RUNTIME: runtime, ANSWERING_RUNTIME: answering, ANSWERS_ONLY: answers_only}
    config = lua_pb2.Lua(
        source_codes={name: base_pb2.DataSource(inline_string=script) for name, script in scripts.items()}
    )
    config.clear_route_cache.value = False
    return HttpFilter(LUA_FILTER, Stage.TRANSFORMATION, typed(config))


def lua_enabled() -> TypedConfig:
    """Return what puts the filter in a chain without a program, for a route that may turn out to need one."""
    return typed(lua_pb2.LuaPerRoute(name=RUNTIME))


def lua_program(program: LuaProgram) -> TypedConfig:
    """Return the route's part: the source is compiled on first use and cached by its id."""
    context = struct_pb2.Struct()
    context["id"], context["source"] = program.id, program.source
    return typed(lua_pb2.LuaPerRoute(name=program.script, filter_context=context))


def read_program(config: TypedConfig) -> LuaProgram | None:
    """Return the program in a route's part of the filter; None if it has none."""
    message = lua_pb2.LuaPerRoute.FromString(config.value)
    context = message.filter_context
    return LuaProgram(context["id"], context["source"], message.name) if "source" in context else None
