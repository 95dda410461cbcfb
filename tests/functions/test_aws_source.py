"""The runtime of Lambda functions is Lua that LuaJIT takes."""

import lupa.luajit21 as luajit

from gloo.functions.aws_source import aws_source


def test_the_runtime_defines_what_envoy_calls() -> None:
    lua = luajit.LuaRuntime()
    lua.execute(aws_source())
    assert lua.eval("type(envoy_on_request)") == lua.eval("type(envoy_on_response)") == "function"


def test_the_runtime_is_the_same_text_each_time() -> None:
    assert aws_source() is aws_source()
    assert aws_source().isascii()


def test_headers_of_an_answer_have_no_blanks_at_their_ends() -> None:
    lua = luajit.LuaRuntime()
    lua.execute(aws_source() + "\nanswers = gloo.answers")
    answer = lua.eval("answers.alb")('{"statusCode": 200, "headers": {"X-A": " a b\\t", "x-b": " "}}')
    headers = {pair[1]: pair[2] for pair in answer.headers.values()}
    assert headers == {"x-a": "a b", "x-b": ""}
