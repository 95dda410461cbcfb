"""From a value back to a text."""

import re

import pytest

from gloo.explain.regex_text import text_with


@pytest.mark.parametrize(
    ("regex", "group", "value"),
    [
        (r"v([0-9]+)\.[a-z]{2,}", 1, "12"),
        (r"(?:a|b(x+))?c", 1, "xx"),
        (r"^([^/]*)/(\d+)$", 2, "7"),
        (r"(?i)[[:upper:]]+-(.*)", 1, "ü é"),
        (r"((a)|(b))+.\w\D", 3, "b"),
        (r"[0-9]+", 0, "5"),
    ],
)
def test_the_regex_takes_the_value_from_the_text(regex: str, group: int, value: str) -> None:
    text = text_with(regex, group, value)
    assert text is not None
    found = re.fullmatch(regex.replace("[[:upper:]]", "[A-Z]"), text)
    assert found is not None
    assert found[group] == value


def test_a_text_that_would_be_endless_is_none() -> None:
    assert text_with("(?:(?:a{90}){90})(b)", 1, "b") is None
