"""The literal head of a path condition is never wrong."""

import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gloo.translator.route_path import PathMatch, literal_head

PARTS = (
    "/",
    "a",
    "b",
    ".",
    "*",
    "+",
    "?",
    "|",
    "(",
    ")",
    "(?:",
    "(?i)",
    "[",
    "]",
    "[^",
    "|]",
    r"\.",
    r"\|",
    r"\Q",
    r"\E",
)
MORE = ("{2}", "{0,1}", "{", "^", "$", "[:alpha:]", r"\d", r"\x7c", r"\pL", "é", r"\(", r"\]", r"\\")
QUIET = re2.Options()
QUIET.log_errors = False


@settings(max_examples=300, deadline=None)
@given(
    regex=st.lists(st.sampled_from(PARTS + MORE), max_size=8).map("".join),
    texts=st.lists(st.text("/ab.|(]\\dé", max_size=6), min_size=1, max_size=10),
)
def test_what_a_regex_matches_begins_with_its_head(regex: str, texts: list[str]) -> None:
    try:
        compiled = re2.compile(regex, QUIET)
    except re2.error:
        assume(False)
    head, whole = literal_head(PathMatch("regex", regex))
    for text in (*texts, head, head + texts[0]):
        if compiled.fullmatch(text):
            assert text == head if whole else text.startswith(head)


@settings(max_examples=300, deadline=None)
@given(regex=st.lists(st.sampled_from(PARTS + MORE), max_size=8).map("".join))
def test_re2_itself_finds_no_shorter_head(regex: str) -> None:
    """RE2 tells the least text that a regex may match: it begins with the head, too."""
    try:
        compiled = re2.compile(regex, QUIET)
    except re2.error:
        assume(False)
    head, _ = literal_head(PathMatch("regex", regex))
    possible = compiled.possiblematchrange(len(head.encode()) + 10)
    if possible is not None:
        assert possible[0].startswith(head.encode())
