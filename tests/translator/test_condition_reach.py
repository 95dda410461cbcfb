"""One condition follows from another only if it holds for every request for which the other does."""

from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.route_model import condition_holds

from gloo.translator.condition_reach import implies, opposite
from gloo.translator.route_path import Condition

TEXTS = ("", "1", "2", "12", "21", "121")
HEADERS = tuple(values for number in (0, 1, 2) for values in combinations_with_replacement(TEXTS, number))
conditions = st.one_of(
    st.builds(Condition, st.just("header"), st.just("x"), st.just("exact"), st.sampled_from(TEXTS), st.booleans()),
    st.builds(
        Condition,
        st.just("header"),
        st.just("x"),
        st.sampled_from(("prefix", "suffix", "contains")),
        st.sampled_from(TEXTS[1:]),
        st.booleans(),
    ),
    st.builds(
        Condition,
        st.just("header"),
        st.just("x"),
        st.just("regex"),
        st.sampled_from((".*", "1.*", "1|2", "12", "[12]+", ".+2")),
        st.booleans(),
    ),
    st.builds(Condition, st.just("header"), st.just("x"), st.just("present"), st.just(""), st.booleans()),
)


def header(kind: str, value: str = "", *, inverted: bool = False, name: str = "x") -> Condition:
    return Condition("header", name, kind, value, inverted)


@settings(max_examples=600, deadline=None)
@given(one=conditions, other=conditions, once=st.booleans())
def test_what_follows_holds_for_every_request(one: Condition, other: Condition, once: bool) -> None:
    if implies(one, other, once=once):
        for values in HEADERS:
            if len(values) <= 1 or not once:
                assert not condition_holds(one, values) or condition_holds(other, values), values


@given(condition=conditions)
def test_a_request_fulfils_a_condition_or_its_opposite(condition: Condition) -> None:
    if (other := opposite(condition)) is not None:
        for values in HEADERS:
            assert condition_holds(condition, values) != condition_holds(other, values), values


@pytest.mark.parametrize(
    ("given_one", "wanted"),
    [
        (header("exact", "1"), header("present")),
        (header("exact", "12"), header("prefix", "1")),
        (header("exact", "12"), header("regex", "1.*")),
        (header("prefix", "12"), header("prefix", "1")),
        (header("prefix", "12"), header("contains", "2")),
        (header("suffix", "12"), header("suffix", "2")),
        (header("regex", "12.*"), header("prefix", "1")),
        (header("present", inverted=True), header("exact", "1", inverted=True)),
        (header("prefix", "1", inverted=True), header("exact", "12", inverted=True)),
        (header("exact", "GET", name=":path"), header("exact", "PUT", inverted=True, name=":path")),
        (Condition("query", "q", "exact", "1"), Condition("query", "q", "exact", "2", inverted=True)),
    ],
)
def test_the_wider_condition_follows(given_one: Condition, wanted: Condition) -> None:
    assert implies(given_one, wanted, once=False)
    assert not implies(wanted, given_one, once=True)


def test_a_value_rules_another_out_only_where_the_header_comes_once() -> None:
    two, not_one = header("exact", "2"), header("exact", "1", inverted=True)
    assert not implies(two, not_one, once=False)
    assert implies(two, not_one, once=True)


def test_conditions_on_other_names_say_nothing() -> None:
    assert not implies(header("exact", "1", name="y"), header("present"), once=True)
    assert not implies(header("exact", "1"), Condition("query", "x", "present"), once=True)
