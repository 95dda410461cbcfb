"""Objects of a body are used again for the next one: nothing of an earlier request is ever seen in a later one."""

import json

import lupa.luajit21 as lupa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.functions.gateway import Gateway, Request, call

from gloo.functions.runtime_source import runtime_source

_KEYS = st.sampled_from(["a", "b", "c", "ab", "a\\", 'a"', "\u00e9", "", "1", "a\n"])
_VALUES: st.SearchStrategy[object] = st.recursive(
    st.sampled_from(["x", "", 1, None, True, [], {}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


def _all_of(gateway: Gateway, body: bytes) -> object:
    outcome = call(gateway, Request(body=body), body='{"all": {{ v }}}')
    return outcome.request.body if outcome.code is None else outcome.code


def _printed(value: object) -> bytes:
    return b'{"all": ' + json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"}"


@given(st.lists(st.tuples(_VALUES, st.booleans()), min_size=2, max_size=6))
def test_each_body_is_read_as_if_it_were_the_first(gateway: Gateway, values: list[tuple[object, bool]]) -> None:
    for value, escaped in values:
        body = json.dumps({"v": value}, ensure_ascii=escaped).encode()
        if value is not None:
            assert _all_of(gateway, body) == _printed(value)


@given(st.lists(st.lists(st.tuples(_KEYS, st.integers(0, 9)), min_size=1, max_size=5), min_size=2, max_size=6))
def test_keys_that_come_twice_are_read_alike(gateway: Gateway, bodies: list[list[tuple[str, int]]]) -> None:
    for pairs in bodies:
        written = ",".join(f"{json.dumps(key)}:{value}" for key, value in pairs)
        assert _all_of(gateway, f'{{"v":{{{written}}}}}'.encode()) == _printed(dict(pairs))


@pytest.mark.parametrize(
    "broken",
    [
        b'{"v":{"a":"secret","b":',
        b'{"v":{"a":"secret","b":"other",}}',
        b'{"v":{"a":"secret" "b":1}}',
        b'{"v":{"a":"\xff","b":1}}',
        b'{"v":{"a":"secret","b":{"a":"secret","b":"x"',
    ],
)
def test_a_body_that_breaks_off_leaves_nothing_behind(gateway: Gateway, broken: bytes) -> None:
    assert _all_of(gateway, b'{"v":{"a":1,"b":{"a":1,"b":2}}}') == b'{"all": {"a":1,"b":{"a":1,"b":2}}}'
    assert _all_of(gateway, broken) == "bad_body"
    assert _all_of(gateway, b'{"v":{"a":2}}') == b'{"all": {"a":2}}'
    assert _all_of(gateway, b'{"v":{"b":2}}') == b'{"all": {"b":2}}'


@pytest.mark.parametrize("key", [b'a"', b"a\\", b"a\nb", b"\xc3\xa9"])
def test_a_key_is_not_taken_for_the_expected_one_by_its_bytes_alone(gateway: Gateway, key: bytes) -> None:
    written = json.dumps(key.decode()).encode()
    good = b'{"v":{%s:1}}' % written
    for _ in range(2):
        assert _all_of(gateway, good) == _printed({key.decode(): 1})
    raw = b'{"v":{"%s":1}}' % key
    fresh = Gateway()
    assert _all_of(gateway, raw) == _all_of(fresh, raw)


def test_what_bodies_held_is_let_go() -> None:
    lua = lupa.LuaRuntime(encoding=None)
    lua.execute(runtime_source().encode("ascii").replace(b"local gloo = {}", b"gloo = {}", 1))

    def kilobytes(body: bytes, times: int) -> float:
        for _ in range(times):
            lua.globals().gloo.refill(1e9)
            lua.globals().gloo.fields(body)
        lua.globals().gloo.refill(1e9)
        lua.execute(b"collectgarbage() collectgarbage()")
        return float(lua.eval(b"collectgarbage('count')"))

    before = kilobytes(b'{"a": 1}', 1)
    long = b'{"v": [' + b",".join(b'{"a": "%d%s"}' % (number, b"x" * 90) for number in range(1000)) + b"]}"
    assert kilobytes(long, 1) > before + 100
    assert kilobytes(b'{"a": "' + b"y" * 1000 + b'"}', 300) < before + 20
