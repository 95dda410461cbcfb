"""What counts as the same."""

import pytest

from gloo.explain.comparing import comparable, joined, same_bodies, same_values, without_own_headers
from gloo.explain.placeholders import fits
from gloo.model.base import Json


def test_several_values_of_a_header_are_one() -> None:
    assert joined((("a", "1"), ("cookie", "x"), ("a", "2"), ("cookie", "y"))) == {"a": "1,2", "cookie": "x; y"}


def test_headers_are_compared_without_envoys_own_and_what_only_envoy_can_fill_in() -> None:
    offline = (("b", "1 "), ("a", "50%"), ("t", "at %START_TIME(%s)%"))
    live = (("t", "at 7"), ("a", "50%"), ("date", "x"), ("x-envoy-upstream-service-time", "3"), ("b", "1"))
    assert comparable(offline, live) == ({"a": "50%", "b": "1"},) * 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, None]}, {"a": [1.0, None]}, True),
        (True, 1, False),
        ([False], [0], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
        ("1", 1, False),
    ],
)
def test_json_is_compared_by_value_and_type(one: Json, other: Json, same: bool) -> None:
    assert same_values(one, other) is same
    assert same_values(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"a", b"a", True),
        (b'{"a":1,"b":2}', b'{ "b": 2, "a": 1 }', True),
        (b"1", b"1.0", False),
        (b'{"a":1}', b"{", False),
        (b"\xff", b"\xfe", False),
    ],
)
def test_bodies_are_one_as_text_or_as_json_structures(one: bytes, other: bytes, same: bool) -> None:
    assert same_bodies(one, other) is same


def test_a_value_that_only_envoy_knows_may_be_missing_on_neither_road() -> None:
    assert comparable((("x-request-id", "%REQ(x-request-id)%"),), ()) == ({"x-request-id": "%REQ(x-request-id)%"}, {})


def test_bodies_are_one_where_texts_fit() -> None:
    told = b'{"id": "%REQ(x-request-id)%", "n": 1}'
    assert same_bodies(told, b'{"n": 1, "id": "7f"}', fits)
    assert not same_bodies(told, b'{"n": 2, "id": "7f"}', fits)
    assert same_bodies(b"<%REQ(x-request-id)%>", b"<7f>", fits)


def test_only_objects_lose_headers() -> None:
    assert without_own_headers(b"text") == b"text"
    assert without_own_headers(b'{"headers": {"date": "x", "a": "1"}}') == b'{"headers": {"a": "1"}}'
