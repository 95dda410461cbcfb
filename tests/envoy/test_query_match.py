"""Conditions on query parameters that must not hold: an expression for each `:path` in which the comparison does."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from gloo.envoy.query_match import query_pattern
from gloo.envoy.route import ValueMatch
from gloo.errors import ConfigError
from gloo.explain.matching import first_values

signs = st.text(alphabet="ab-^]\\=?&x", max_size=6)
names = st.text(alphabet="ab-^]\\x", min_size=1, max_size=3)


@given(name=names, value=st.text(alphabet="ab=?x", max_size=2), query=st.lists(st.tuples(names, signs), max_size=4))
def test_the_expression_takes_just_the_paths_whose_first_value_is_the_one(
    name: str, value: str, query: list[tuple[str, str]]
) -> None:
    path = "/p?" + "&".join(f"{key}={text}" if text else key for key, text in query)
    found = re2.fullmatch(query_pattern(ValueMatch(name, "exact", value)), path) is not None
    assert found == (first_values(path).get(name) == value)


@pytest.mark.parametrize(
    ("match", "path", "holds"),
    [
        (ValueMatch("q", "prefix", "a"), "/?q=ab&r=1", True),
        (ValueMatch("q", "prefix", "a"), "/?q=b&r=a", False),
        (ValueMatch("q", "suffix", "b"), "/?q=ab&r=1", True),
        (ValueMatch("q", "suffix", "b"), "/?q=a&r=b", False),
        (ValueMatch("q", "contains", "b"), "/?q=abc", True),
        (ValueMatch("q", "contains", "b"), "/?q=a&b", False),
        (ValueMatch("q", "regex", "a.*z"), "/?q=a1z", True),
        (ValueMatch("q", "regex", "a.*z"), "/?q=a&r=z", False),
        (ValueMatch("q", "regex", "^[^a]$"), "/?q=b", True),
        (ValueMatch("q", "regex", "b|"), "/?q", True),
        (ValueMatch("q", "regex", "b|c"), "/", False),
    ],
)
def test_every_kind_compares_one_value_alone(match: ValueMatch, path: str, holds: bool) -> None:
    assert (re2.fullmatch(query_pattern(match), path) is not None) is holds


def test_an_expression_that_could_leave_the_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="ends a value"):
        query_pattern(ValueMatch("q", "regex", "a&b"))
