"""The Lua filter: one script for all (a second for those that see answers too), a program per route."""

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


class LuaProgram(Value, frozen=True):
    """A route's program, by the hash of its source."""

    id: str
    source: str


def lua_filter(runtime: str, answering: str) -> HttpFilter:
    """Return the filter that holds the scripts: *runtime*, and *answering* for programs that see answers too.

    The route stays chosen when a program writes `:path`: a function's path belongs to its upstream, not to our routes.
    """
    scripts = {RUNTIME: runtime, ANSWERING_RUNTIME: answering}
    config = lua_pb2.Lua(
        source_codes={name: base_pb2.DataSource(inline_string=script) for name, script in scripts.items()}
    )
    config.clear_route_cache.value = False
    return HttpFilter(LUA_FILTER, Stage.TRANSFORMATION, typed(config))


def lua_enabled() -> TypedConfig:
    """Return what puts the filter in a chain without a program, for a route that may turn out to need one."""
    return typed(lua_pb2.LuaPerRoute(name=RUNTIME))


def lua_program(program_id: str, source: str, *, answers: bool = False) -> TypedConfig:
    """Return the route's part: *source* is compiled on first use and cached by *program_id*.

    Args:
        answers: the program sees answers too.
    """
    context = struct_pb2.Struct()
    context["id"], context["source"] = program_id, source
    return typed(lua_pb2.LuaPerRoute(name=ANSWERING_RUNTIME if answers else RUNTIME, filter_context=context))


def read_program(config: TypedConfig) -> LuaProgram | None:
    """Return the program in a route's part of the filter; None if it has none."""
    message = lua_pb2.LuaPerRoute.FromString(config.value)
    context = message.filter_context
    return LuaProgram(context["id"], context["source"]) if "source" in context else None
