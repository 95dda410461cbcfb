"""The Lua filters: one makes requests, one answers. Each has one script for all, and a program for each route."""

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Value

LUA_FILTER = "envoy.filters.http.lua"
"""Is called for requests."""

ANSWERS_FILTER = "gloo.answers"
"""Is called for answers. Its name sorts before that of the filter which gives it the marks of a host."""

_SCRIPT = "gloo"


class LuaProgram(Value, frozen=True):
    """A route's program, by the hash of its source."""

    id: str
    source: str


def lua_filters(requests: str, answers: str) -> tuple[HttpFilter, ...]:
    """Return the filters with their scripts."""
    return (_filter(LUA_FILTER, requests), _filter(ANSWERS_FILTER, answers))


def _filter(name: str, script: str) -> HttpFilter:
    """Return a filter that holds *script*.

    The route stays chosen when a program writes `:path`: a function's path belongs to its upstream, not to our routes.
    """
    config = lua_pb2.Lua(source_codes={_SCRIPT: base_pb2.DataSource(inline_string=script)})
    config.clear_route_cache.value = False
    return HttpFilter(name, Stage.TRANSFORMATION, typed(config))


def lua_program(program: LuaProgram) -> TypedConfig:
    """Return the route's part of either: the source is compiled on first use and cached by its id."""
    context = struct_pb2.Struct()
    context["id"], context["source"] = program.id, program.source
    return typed(lua_pb2.LuaPerRoute(name=_SCRIPT, filter_context=context))


def read_program(config: TypedConfig) -> LuaProgram | None:
    """Return the program in a route's part of one of the filters; None if it has none."""
    context = lua_pb2.LuaPerRoute.FromString(config.value).filter_context
    return LuaProgram(context["id"], context["source"]) if "source" in context else None
