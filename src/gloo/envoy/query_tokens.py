"""Tokens in the query: a filter moves them into headers before they are verified.

The filter that verifies can take a token out of the query, but then it writes the other parameters anew: in another
order, and decoded, so that ``a=%26b%3D1`` would reach the upstream as ``a=&b=1``. Here they stay as they came.
"""

from collections.abc import Iterable

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage

QUERY_TOKENS = "gloo.carried_tokens"
"""Its name sorts before that of the filter which verifies: filters of a stage stand by name."""

_SCRIPT = "gloo"
_SOURCE = """\
local find, sub, char, tonumber = string.find, string.sub, string.char, tonumber

local function decoded(text)
  if not find(text, "%", 1, true) then return text end
  return (text:gsub("%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

-- The path without the parameters in `wanted`, and the first value of each of these.
local function parted(path, wanted)
  local start = find(path, "?", 1, true)
  if not start then return path, {} end
  local kept, found, from = {}, {}, start + 1
  while from <= #path + 1 do
    local stop = find(path, "&", from, true) or #path + 1
    local pair = sub(path, from, stop - 1)
    local equals = find(pair, "=", 1, true) or #pair + 1
    local name = decoded(sub(pair, 1, equals - 1))
    if wanted[name] then
      found[name] = found[name] or decoded(sub(pair, equals + 1))
    else
      kept[#kept + 1] = pair
    end
    from = stop + 1
  end
  if next(found) == nil then return path, found end
  local query = table.concat(kept, "&")
  return sub(path, 1, start - 1) .. (query == "" and "" or "?" .. query), found
end

function envoy_on_request(handle)
  local wanted = handle:filterContext():get("headers")
  if not wanted then return end
  local headers = handle:headers()
  local before = headers:get(":path")
  local path, found = parted(before, wanted)
  for name, header in pairs(wanted) do
    local token = found[name]
    if token == nil then
      headers:remove(header) -- a client's own
    else
      headers:replace(header, find(token, "^[%w._~+/=-]+$") and token or "-") -- what is no token is refused
    end
  end
  if path ~= before then headers:replace(":path", path) end
end
"""


def query_tokens_filter() -> HttpFilter:
    """Return the filter. The route stays chosen: it was by the query with the token."""
    config = lua_pb2.Lua(source_codes={_SCRIPT: base_pb2.DataSource(inline_string=_SOURCE)})
    config.clear_route_cache.value = False
    return HttpFilter(QUERY_TOKENS, Stage.AUTHENTICATION, typed(config))


def token_header(parameter: str) -> str:
    """Return the header that a token in the query *parameter* is moved to."""
    return f"x-gloo-token-{parameter.encode().hex()}"


def tokens_moved(parameters: Iterable[str]) -> TypedConfig:
    """Return the part of a route whose requests may bring tokens in these query *parameters*."""
    context = struct_pb2.Struct()
    context["headers"] = {name: token_header(name) for name in parameters}
    return typed(lua_pb2.LuaPerRoute(name=_SCRIPT, filter_context=context))
