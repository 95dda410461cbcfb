"""The script of later calls has its limit, and is the same text for the same limit."""

from lupa.luajit21 import LuaRuntime

from gloo.functions.later_source import later_source


def test_the_script_compiles_and_holds_the_limit() -> None:
    text = later_source(7)
    assert text.startswith("local MOST_UNDER_WAY = 7\n")
    assert LuaRuntime().eval("loadstring")(text) is not None
    assert text == later_source(7)
