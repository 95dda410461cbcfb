"""The runtime's JSON: what RFC 8259 allows is read and printed unchanged, all else is refused."""

import json

import pytest
from tests.functions.gateway import Gateway, Request, call

READ = [
    b"[]", b"{}", b" [ ] ", b"\t{\n}\r ", b"0", b"-0", b"-0.0", b"1", b"-1", b"123", b"1.0", b"1e1", b"1E+2", b"1e-2",
    b"0.1e1", b"12345678901234567890", b"-9007199254740993", b"99999999999999", b"100000000000000",
    b"1.7976931348623157e308", b"1e999", b"0.00000000000000000000000000001", b"true", b"false", b"null", b'""',
    b'"a"', b'"\\u0061\\u00e9\\u20ac"', b'"\\uD834\\uDD1E"', b'"\\u0000"', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\x7f"',
    '"é€𝄞"'.encode(), '"\u2028\ufffe"'.encode(), b'{"":0}', b'{"a":{"b":{"c":[]}}}', b"[[],{},[[[1]]]]",
    b'{"a":1,"b":2}', b'[1,null,true,"x",{"y":1.5}]', b"[" * 99 + b"]" * 99, b'{"a":' * 98 + b"{}" + b"}" * 98,
    b"[" + b"1," * 5000 + b"1]",
]  # fmt: skip
REFUSED = [
    b" ", b"[", b"]", b"{", b"}", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1,,2]", b"1 2", b"{}{}", b"[]]", b"[}",
    b"{]", b'{"a"}', b'{"a":}', b'{"a" 1}', b'{"a":1,}', b'{,"a":1}', b'{"a":1 "b":2}', b"{a:1}", b"{1:1}", b"{'a':1}",
    b'{"a":1', b'{"a', b"'a'", b'"', b'"a', b'"\\"', b'"\\x"', b'"\\u"', b'"\\u12"', b'"\\u12G4"', b'"\\uD800"',
    b'"\\uDC00"', b'"\\uD800\\n"', b'"\\uD800\\u0041"', b'"\\uD800x"', b'"\n"', b'"\t"', b'"\0"', b'"\x1f"', b"\0",
    b"00", b"01", b"-01", b"-", b"+1", b".1", b"1.", b"-.1", b"1.e1", b"1e", b"1e+", b"1E", b"0x1", b"1_0", b"1a",
    b"--1",
    b"NaN", b"Infinity", b"-Infinity", b"nan", b"tru", b"True", b"TRUE", b"nul", b"truex", b"true false", b"undefined",
    b"\xef\xbb\xbf{}", b'"\xff"', b'"\x80"', b'"\xc0\x80"', b'"\xe0\x80\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
    b'"\xf5\x80\x80\x80"', b'"\xc3"', b'"\xe2\x82"', b'"\xf0\x9d\x84', b"\xff", b"// comment\n1",
    b"/**/1", b"[1]//", b"\x0c1",
]  # fmt: skip


@pytest.mark.parametrize("text", READ, ids=lambda text: repr(text[:24]))
def test_json_is_read_and_printed_with_the_same_meaning(gateway: Gateway, text: bytes) -> None:
    outcome = call(gateway, Request(body=b'{"v":' + text + b"}"), body='{"v":{{ v }}}')
    assert outcome.request.body is not None
    assert _exact(outcome.request.body) == _exact(b'{"v":' + text + b"}")


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:24]))
@pytest.mark.parametrize("around", [b"%s", b'{"v":%s}', b"[%s]"])
def test_what_is_not_json_is_refused_anywhere(gateway: Gateway, text: bytes, around: bytes) -> None:
    body = around.replace(b"%s", text)
    outcome = call(gateway, Request(body=body), body="{{ default(w, 1) }}")
    if body == b"[ ]":
        assert outcome.status is None
        return
    assert (outcome.status, outcome.code, outcome.log) == (400, "bad_body", None)


def test_depth_is_bounded_at_a_hundred(gateway: Gateway) -> None:
    for depth, code in ((100, None), (101, "too_deep"), (20_000, "too_deep")):
        body = b"[" * depth + b"]" * depth
        assert call(gateway, Request(body=body), path="/{{ default(a, 1) }}").code == code
        opened = call(gateway, Request(body=b'{"a":' * depth), path="/{{ default(a, 1) }}").code
        assert opened == (code or "bad_body")


def test_the_last_of_two_equal_keys_wins_and_is_printed_once(gateway: Gateway) -> None:
    outcome = call(gateway, Request(body=b'{"v":{"a":1,"b":2,"a":3},"w":1,"w":2}'), body='{"v":{{ v }},"w":{{ w }}}')
    assert outcome.request.body == b'{"v":{"a":3,"b":2},"w":2}'


def test_keys_that_look_like_indices_are_keys(gateway: Gateway) -> None:
    outcome = call(gateway, Request(body=b'{"v":{"1":"a","0":"b","":"c"}}'), body='{"v":{{ v }},"one":{{ v["1"] }}}')
    assert outcome.request.body == b'{"v":{"1":"a","0":"b","":"c"},"one":"a"}'


@pytest.mark.parametrize("body", [b"[1,2]", b"1", b'"a"', b"null", b"true", b"12345678901234567890", b""])
def test_a_body_that_is_no_object_has_no_fields(gateway: Gateway, body: bytes) -> None:
    outcome = call(gateway, Request(body=body), path="/{{ a }}")
    assert (outcome.status, outcome.code) == (400, "missing_parameter")


def _exact(text: bytes) -> object:
    """Parse with numbers as their text."""
    return json.loads(text, parse_int=str, parse_float=str)


ODD = [
    b"\xc3\xa9",
    b"\xe2\x82\xac",
    b"\\n",
    b'\\"',
    b"\\\\",
    b"\\u20ac",
    b"\x7f",
    b"\xc3",
    b"\xa9",
    b"\x01",
    b"\n",
    b"",
]
"""What a string may hold beside plain characters, or may not."""


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_string_is_read_alike_wherever_it_is_odd(gateway: Gateway, odd: bytes) -> None:
    for before in range(9):
        for tail in (b"", b"z", b"zzzzz", odd):
            text = b"a" * before + odd + tail
            body = b'{"v":"plain","w":["' + text + b'","q"],"x":"end"}'
            outcome = call(gateway, Request(body=body), body='{"v":{{ v }},"w":{{ w }},"x":{{ x }}}')
            assert (outcome.code is None) == _is_json(body), body
            if outcome.code is None:
                assert outcome.request.body is not None
                assert json.loads(outcome.request.body) == json.loads(body)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode())
    except ValueError:
        return False
    return True


def test_a_long_string_of_escapes_costs_no_more_than_its_length(gateway: Gateway) -> None:
    long = b"\\n" * 50_000
    assert call(gateway, Request(body=b'{"v":"' + long + b'"}'), body='{"v":{{ v }}}').request.body is not None
    assert call(gateway, Request(body=b'{"v":"' + long), body='{"v":{{ v }}}').code == "bad_body"


@pytest.mark.parametrize(
    "text", ["\x1f\x80\u0800", "\n\u00e9\u00e9\u00e9", "x" * 33 + '"\u201c\u201d', "\U0001f600\\\U0001f600", "ab\u00e9"]
)
@pytest.mark.parametrize("body", ['{"a": "{{ v }}"}', '{"a": "{{ v }}", "b": "{{ header("x") }}"}'])
def test_characters_beyond_ascii_stand_beside_escapes(gateway: Gateway, text: str, body: str) -> None:
    outcome = call(gateway, Request(body=json.dumps({"v": text}).encode()), body=body)
    assert json.loads(outcome.request.body or b"")["a"] == text


def test_a_value_that_is_no_utf8_is_refused_beside_a_sound_body(gateway: Gateway) -> None:
    request = Request(headers={"x": "\xff\xfe"}, body=b'{"v":"a"}')
    outcome = call(gateway, request, body='{"a": "{{ v }}", "b": "{{ header("x") }}"}')
    assert outcome.code == "bad_value"


@pytest.mark.parametrize(
    "body", ['{"a": "{{ v }}"}', '{"a": "{{ v }}", "b": "{{ header("x") }}"}'], ids=["sound", "any"]
)
@pytest.mark.parametrize(
    "odd", ['"', "\\", "\x00", "\x01", "\x1f", "\n", "\x7f", "\u00e9", "\u0800", "\U0001f600", " ", "!", "#", "]"]
)
def test_a_character_is_printed_alike_at_each_place(gateway: Gateway, odd: str, body: str) -> None:
    for length in (*range(36), 63, 64, 65):
        for place in range(length + 1):
            text = "a" * place + odd + "b" * (length - place)
            outcome = call(gateway, Request(body=json.dumps({"v": text}).encode()), body=body)
            assert json.loads(outcome.request.body or b"")["a"] == text
