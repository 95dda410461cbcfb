"""The collector of Envoy's Lua comes round by the garbage there is, not by how little lives."""

import lupa.luajit21 as lupa

from gloo.functions.runtime_source import runtime_source


def test_two_megabytes_of_garbage_may_gather() -> None:
    lua = lupa.LuaRuntime(encoding=None)
    lua.execute(b"collectgarbage()")
    lua.execute(runtime_source().encode("ascii"))
    lua.execute(b"collectgarbage()")
    living = lua.eval(b'collectgarbage("count")')
    pause = lua.eval(b'collectgarbage("setpause", 200)')
    assert 1600 < living * (pause - 100) / 100 < 3200
