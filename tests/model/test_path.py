"""Paths inside an object, as text and as steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloo.model.path import Path, format_path, join_path, parse_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "hosts", 0, "port"), "spec.hosts[0].port"),
        (("routes", 2, "headers", "x.y"), 'routes[2].headers["x.y"]'),
        (("headers", ":method"), 'headers[":method"]'),
        (("annotations", 'a"b'), 'annotations["a\\"b"]'),
        (("headers", "x-name"), "headers.x-name"),
    ],
)
def test_a_key_that_is_no_plain_word_stands_in_brackets(path: Path, text: str) -> None:
    assert format_path(path) == text
    assert parse_path(text) == path


@given(st.lists(st.integers(min_value=0) | st.text(), max_size=6).map(tuple))
def test_every_path_reads_back_from_its_text(path: Path) -> None:
    assert parse_path(format_path(path)) == path


def test_what_follows_an_unreadable_part_is_left_out() -> None:
    assert parse_path("spec.hosts[x].port") == ("spec", "hosts")


@pytest.mark.parametrize(
    ("prefix", "rest", "joined"),
    [("", "a", "a"), ("a", "", "a"), ("a", "b", "a.b"), ("a", "[0]", "a[0]"), ("a[1]", "b", "a[1].b")],
)
def test_paths_are_joined_by_a_dot_unless_the_rest_starts_with_a_bracket(prefix: str, rest: str, joined: str) -> None:
    assert join_path(prefix, rest) == joined
