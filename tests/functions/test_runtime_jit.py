"""What LuaJIT has compiled of the runtime: there from the start, it stays, and comes back when it was thrown away."""

import random

from tests.functions.gateway import Gateway, Request
from tests.functions.heavy import PARAMETERS, TEMPLATES, heavy_body

from gloo.functions import FunctionTemplate, compile_function

_TRACES = b"""(function()
  jit.off(true) -- or this loop may be a piece of code itself
  local util, count = require("jit.util"), 0
  for number = 1, 10000 do if util.traceinfo(number) then count = count + 1 end end
  return count
end)()"""
_COMPILED = 91
"""The first instruction of a function that LuaJIT 2.1 has compiled from its start: JFUNCF."""

_FIRST_INSTRUCTIONS = b"""(function()
  local util, found = require("jit.util"), {}
  for index, call in ipairs(ALONE) do found[index] = util.funcbc(call[1], 0) % 256 end
  return found
end)()"""


def test_functions_with_loops_are_compiled_and_stay_so() -> None:
    gateway = Gateway(lambda source: source.replace("local ALONE = {", "ALONE = {", 1))
    chance = random.Random(7)
    programs = [compile_function(template, PARAMETERS) for template in TEMPLATES[::4]]
    for _ in range(2):
        found = list(gateway.lua.eval(_FIRST_INSTRUCTIONS).values())
        assert len(found) > 50
        assert set(found) == {_COMPILED}
        for program in programs:
            gateway.send(program, Request(body=heavy_body(chance)))


def test_what_is_thrown_away_is_compiled_again() -> None:
    gateway = Gateway()
    program = compile_function(FunctionTemplate("f/small", body='{"a": {{ a }}}'))
    before = gateway.lua.eval(_TRACES)
    gateway.lua.execute(b"jit.flush()")
    assert gateway.lua.eval(_TRACES) == 0
    for _ in range(5):
        assert gateway.send(program, Request(body=b'{"a": 1}')).request.body == b'{"a": 1}'
    assert gateway.lua.eval(_TRACES) > before / 2 > 20
