"""The script of later calls: its limit, and what its two halves are told, whichever comes first."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from lupa.luajit21 import LuaRuntime

from gloo.functions.later_source import later_source

HANDLE = """
kept, now = {}, 0
os.time = function() return now end
return function(headers, route)
  local marks, told = {}, {}
  local handle = {}
  function handle:body() end
  function handle:headers()
    return {
      get = function(_, name) return headers[name] end,
      remove = function(_, name) headers[name] = nil end,
      replace = function(_, name, value) headers[name] = value end,
    }
  end
  local metadata = {set = function(_, _, key, value) marks[key] = value end, get = function() return marks end}
  local info = {routeName = function() return route end, dynamicMetadata = function() return metadata end}
  function handle:streamInfo() return info end
  function handle:respond(head, body) told.status, told.body = head[":status"], body end
  envoy_on_request(handle)
  kept[headers["x-gloo-call-id"]] = {handle = handle, answered = function() envoy_on_response(handle) end}
  return told.status, told.body, marks.promised or false, marks.started ~= nil
end
"""
ASK, RUN = "x-gloo-ask", "x-gloo-run"
ANSWERED = ("202", "")
STARTED = ("", "")
CHANGED = ("503", "route_changed")
FULL = ("503", "too_many_calls")
Half = Callable[..., tuple[str, str]]


@pytest.fixture
def worker() -> LuaRuntime:
    """Return a worker of Envoy that takes two calls."""
    lua = LuaRuntime()
    lua.execute(later_source(2))
    return lua


@pytest.fixture
def half(worker: LuaRuntime) -> Half:
    """Return what runs one half of a call, and tells status and reason."""
    lua = worker
    run: Any = lua.execute(HANDLE)

    def told(header: str, call: str = "1", *, known: bool = True, logged: bool | None = None) -> tuple[str, str]:
        given = {header: "shop/0/1f", ASK: "shop/0/1f", "x-gloo-call-id": call}
        status, body, promised, started = run(lua.table_from(given), "shop/0" if known else "gloo-later")
        assert promised == (header == RUN and logged if logged is not None else started)
        return status or "", json.loads(body).get("error", {}).get("reason", "") if body else ""

    return told


def test_the_script_compiles_and_holds_the_limit() -> None:
    text = later_source(7)
    assert text.startswith("local MOST_UNDER_WAY = 7\n")
    assert LuaRuntime().eval("loadstring")(text) is not None
    assert text == later_source(7)


def test_both_halves_are_told_the_same_and_no_more_start_than_may(half: Half) -> None:
    assert [half(RUN, "1"), half(ASK, "1"), half(ASK, "2"), half(RUN, "2")] == [STARTED, ANSWERED, ANSWERED, STARTED]
    assert [half(ASK, "3"), half(RUN, "3"), half(RUN, "4"), half(ASK, "4")] == [FULL] * 4


@pytest.mark.parametrize(("first", "second"), [(ASK, RUN), (RUN, ASK)])
@pytest.mark.parametrize("known", [True, False])
def test_the_half_that_has_no_route_and_comes_first_refuses_the_other_too(
    half: Half, first: str, second: str, *, known: bool
) -> None:
    assert [half(first, known=False), half(second, known=known)] == [CHANGED, CHANGED]


def test_a_call_that_has_started_is_told_so(half: Half) -> None:
    assert [half(RUN), half(ASK, known=False)] == [STARTED, ANSWERED]


def test_a_call_that_was_promised_and_has_no_route_any_more_is_logged(half: Half) -> None:
    assert [half(ASK), half(RUN, known=False, logged=True)] == [ANSWERED, CHANGED]


def test_a_call_gives_its_place_back_with_its_answer_and_once_only(half: Half, worker: LuaRuntime) -> None:
    assert [half(RUN, "1"), half(RUN, "2"), half(RUN, "3")] == [STARTED, STARTED, FULL]
    worker.execute("kept['1'].answered() kept['1'].answered()")
    assert [half(RUN, "4"), half(RUN, "5")] == [STARTED, FULL]


def test_a_call_that_ends_without_an_answer_gives_its_place_back_too(half: Half, worker: LuaRuntime) -> None:
    assert [half(RUN, "1"), half(RUN, "2")] == [STARTED, STARTED]
    worker.execute("kept['1'], now = nil, 1")
    assert [half(RUN, "3"), half(RUN, "4")] == [STARTED, FULL]
    worker.execute("kept = {}")
    assert half(RUN, "5") == FULL  # looked for in this second already
    worker.execute("now = 2")
    assert [half(RUN, "6"), half(RUN, "7"), half(RUN, "8")] == [STARTED, STARTED, FULL]
