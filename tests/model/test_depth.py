"""A text that is nested too deep is told so before a reader goes down into it; all others are read."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml._yaml import CParser

from gloo.model.depth import DEEPEST, _bracket_depth, too_deep
from gloo.model.text import TextError, parse_text

MANY = 100_000
DEEP = {
    "open": "[" * MANY,
    "lists": "[" * MANY + "]" * MANY,
    "maps": '{"a":' * MANY + "1" + "}" * MANY,
    "items": "- " * MANY + "x",
    "keys": "? " * MANY + "x",
    "lines": "[\n" * MANY,
    "hidden in quotes": "".join('["]",\n' for _ in range(MANY)),
    "hidden in long quotes": "".join('["\n]\n",' for _ in range(MANY)),
    "hidden in comments": "".join("[ # ]\n" for _ in range(MANY)),
    "mixed quotes": "".join("['\"]',\"']\",\n" for _ in range(MANY)),
    "indented": "\n".join(" " * depth + "a:" for depth in range(DEEPEST + 5)),
}
FLAT = {
    "siblings": "-\n" * MANY,
    "pairs": "- [a, {b: c}]\n" * 1000,
    "quoted": "- ['[', \"{\"]\n" * 1000,
    "block": "a: |\n" + "  [[[[\n" * 1000,
    "dashes": "a: |\n  " + "-" * 1000 + "\n",
    "as deep as may be": "[" * DEEPEST + "]" * DEEPEST,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_text_that_is_nested_too_deep_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(TextError, match="nested deeper than 200 levels") as caught:
        parse_text(f"# a note\n{text}")
    assert caught.value.line > 1


@pytest.mark.parametrize("text", FLAT.values(), ids=FLAT)
def test_a_long_text_is_not_a_deep_one(text: str) -> None:
    assert too_deep(text) is None
    assert parse_text(text)


_PIECES = st.sampled_from(["[", "]", "{", "}", '"', "'", "#", "\n", " ", "a", ",", ": ", "- ", "? ", "\\", "|\n", "''"])


def _nested(text: str) -> int:
    """Return how deep *text* is nested as far as it is YAML."""
    depth = deepest = 0
    parser = CParser(text)
    try:
        while (event := parser.get_event()) is not None:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            deepest = max(deepest, depth)
    except yaml.YAMLError:
        return deepest
    return deepest


@settings(max_examples=2000)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_text_is_nested_deeper_than_its_brackets_and_the_heads_of_its_lines_tell(text: str) -> None:
    head = max(len(line) - len(line.lstrip(" \t?:-")) for line in text.split("\n"))
    assert _nested(text) <= 2 * (_bracket_depth(text) + head) + 1  # each may hold a map of one key
