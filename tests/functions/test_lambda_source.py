"""The runtime of Lambda functions is Lua that LuaJIT takes."""

import lupa.luajit21 as luajit

from gloo.functions.lambda_source import lambda_source


def test_the_runtime_defines_what_envoy_calls() -> None:
    lua = luajit.LuaRuntime()
    lua.execute(lambda_source())
    assert lua.eval("type(envoy_on_request)") == lua.eval("type(envoy_on_response)") == "function"


def test_the_runtime_is_the_same_text_each_time() -> None:
    assert lambda_source() is lambda_source()
    assert lambda_source().isascii()
