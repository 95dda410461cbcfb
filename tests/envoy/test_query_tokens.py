"""The script that moves tokens, in LuaJIT; `tests/e2e/test_jwt.py` has it in Envoy."""

import lupa.luajit21 as luajit
import pytest
from envoy.extensions.filters.http.lua.v3 import lua_pb2

from gloo.envoy.query_tokens import query_tokens_filter, token_header, tokens_moved

PATH, TOKEN = ":path", token_header("t")
_HANDLE = """
function called(wanted, headers)
  local handle = {}
  function handle:filterContext() return {get = function(_, key) return key == "headers" and wanted or nil end} end
  function handle:headers()
    return {
      get = function(_, name) return headers[name] end,
      remove = function(_, name) headers[name] = nil end,
      replace = function(_, name, value) headers[name] = value end,
    }
  end
  envoy_on_request(handle)
  return headers
end
"""


def sent(path: str, *, moved: tuple[str, ...] = ("t",), own: str = "") -> dict[str, str]:
    """Return path and headers of a request behind the filter; *own* is a header that the client made up."""
    lua = luajit.LuaRuntime()
    config = lua_pb2.Lua.FromString(query_tokens_filter().config.value)
    lua.execute(config.source_codes["gloo"].inline_string)
    lua.execute(_HANDLE)
    wanted = dict(lua_pb2.LuaPerRoute.FromString(tokens_moved(moved).value).filter_context["headers"])
    headers = {PATH: path} | ({TOKEN: own} if own else {})
    return dict(lua.globals().called(lua.table_from(wanted), lua.table_from(headers)))


@pytest.mark.parametrize(
    ("path", "left", "token"),
    [
        ("/x?t=a.b-c_d", "/x", "a.b-c_d"),
        ("/x?a=%26b%3D1&t=T&b&c=&a=%20", "/x?a=%26b%3D1&b&c=&a=%20", "T"),
        ("/x?b=1&a=2&t=T", "/x?b=1&a=2", "T"),
        ("/x?t=T&t=U&a=?&&", "/x?a=?&&", "T"),
        ("/x?%74=T", "/x", "T"),
        ("/x?t=%54", "/x", "T"),
        ("/x?t=a%0d%0ax:y", "/x", "-"),
        ("/x?t=", "/x", "-"),
        ("/x?t", "/x", "-"),
    ],
)
def test_a_token_goes_into_its_header_and_the_rest_stays_as_it_came(path: str, left: str, token: str) -> None:
    assert sent(path) == {PATH: left, TOKEN: token}


@pytest.mark.parametrize("path", ["/x", "/x?", "/x?a=%26&b", "/x?tt=1&T=2&a=t", "/t=1?a"])
def test_without_one_nothing_changes_and_a_clients_own_header_goes(path: str) -> None:
    assert sent(path, own="mine") == {PATH: path}


def test_each_parameter_has_a_header_of_its_own() -> None:
    found = sent("/?u=U&t=T", moved=("t", "u"))
    assert found == {PATH: "/", TOKEN: "T", token_header("u"): "U"}
    assert token_header("é t").isascii()
