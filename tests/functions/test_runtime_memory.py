"""The collector of Envoy's Lua comes round by the garbage there is, not by how little lives."""

import re
from collections.abc import Callable

import lupa.luajit21 as lupa
import pytest

from gloo.functions.aws_source import aws_source
from gloo.functions.runtime_source import runtime_source, whole_runtime_source


def test_two_megabytes_of_garbage_may_gather() -> None:
    lua = lupa.LuaRuntime(encoding=None)
    lua.execute(b"collectgarbage()")
    lua.execute(runtime_source().encode("ascii"))
    lua.execute(b"collectgarbage()")
    living = lua.eval(b'collectgarbage("count")')
    pause = lua.eval(b'collectgarbage("setpause", 200)')
    assert 1600 < living * (pause - 100) / 100 < 3200


def test_a_body_takes_no_memory_that_it_does_not_fill() -> None:
    lua = lupa.LuaRuntime(encoding=None)
    lua.execute(runtime_source().encode("ascii").replace(b"local gloo = {}", b"gloo = {}", 1))
    wide = b"{" + b",".join(b'"%d":1' % number for number in range(8000)) + b"}"
    for small in (b"{}", b"[]", b'{"":' * 90 + b"1" + b"}" * 90):
        body = b"[" + b",".join([wide, *[small] * (60_000 // len(small))]) + b"]"
        lua.execute(b"gloo.refill(1e9) collectgarbage() collectgarbage('stop')")
        before = lua.eval(b"collectgarbage('count')")
        lua.globals().gloo.parse(body)
        assert (lua.eval(b"collectgarbage('count')") - before) * 1024 < 64 * len(body)
        lua.execute(b"collectgarbage('restart')")


@pytest.mark.parametrize("source", [whole_runtime_source, aws_source])
def test_arrays_of_a_length_told_at_run_time_are_made_where_they_are_kept(source: Callable[[], str]) -> None:
    """LuaJIT writes over its heap where it puts such an allocation off; it does not with what it keeps."""
    made = re.findall(r".*ffi\.new\([^)]*\?.*", source())
    assert made == ['local paper, room = ffi.new("uint8_t[?]", KEPT), KEPT', '    paper = ffi.new("uint8_t[?]", room)']
