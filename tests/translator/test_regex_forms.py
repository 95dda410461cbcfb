"""A regular expression matches what its forms stand for, and nothing that has none of them."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from gloo.translator.regex_forms import Form, Tail, forms_of

ATOMS = ("a", "B", "/", ".*", ".+", ".", "a?", "a*", "a+", "(", ")", "(?:", ")?", ")*", "|", "[ab]", "^", "$", r"\.")
texts = st.text("aBb/.", max_size=5)


def holds(form: Form, text: str) -> bool | None:
    """Say whether *text* is one of *form*; None if that is not known."""
    small = text.lower() if form.folded else text
    rest = small.removeprefix(form.head)
    if not small.startswith(form.head) or (form.tail == "nothing" and rest):
        return False
    if form.tail.endswith("something") and not rest:
        return False
    return None if form.tail.startswith("unknown") else True


@settings(max_examples=400, deadline=None)
@given(flag=st.sampled_from(("", "(?i)")), atoms=st.lists(st.sampled_from(ATOMS), max_size=7), asked=st.lists(texts))
def test_forms_say_what_the_expression_matches(flag: str, atoms: list[str], asked: list[str]) -> None:
    regex = flag + "".join(atoms)
    try:
        compiled = re2.compile(regex)
    except re2.error:
        return
    for text in (*asked, "", "a", "/", "a/", "/a", "aB", "b"):
        answers = [holds(form, text) for form in forms_of(regex)]
        if compiled.fullmatch(text):
            assert set(answers) != {False}, (regex, text)
        else:
            assert True not in answers, (regex, text)


@pytest.mark.parametrize(
    ("regex", "forms"),
    [
        ("/a", {("/a", "nothing")}),
        (r"^/a\.b$", {("/a.b", "nothing")}),
        (".*", {("", "anything")}),
        ("/a.*", {("/a", "anything")}),
        ("/a/.+", {("/a/", "something")}),
        ("/a/[0-9]+", {("/a/", "unknown something")}),
        ("/a/[0-9]*", {("/a/", "unknown")}),
        ("/ab*", {("/a", "unknown")}),
        ("/a|/b.*", {("/a", "nothing"), ("/b", "anything")}),
        ("/(a|b)/.*", {("/a/", "anything"), ("/b/", "anything")}),
        ("/a(/.*)?", {("/a", "nothing"), ("/a/", "anything")}),
        ("/a/?", {("/a", "nothing"), ("/a/", "nothing")}),
        ("/a(?P<x>b)", {("/a", "unknown")}),
        ("/a(b|c)*d|/e", {("/a", "unknown"), ("/e", "nothing")}),
        ("/(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q)", {("/", "unknown")}),
    ],
)
def test_the_usual_shapes_are_seen_through(regex: str, forms: set[tuple[str, Tail]]) -> None:
    assert set(forms_of(regex)) == {Form(*form) for form in forms}


def test_a_form_in_any_case_has_small_letters() -> None:
    assert forms_of("(?i)/Ab.*") == (Form("/ab", "anything", folded=True),)


def test_what_is_nested_without_measure_is_not_taken_apart() -> None:
    assert forms_of(f"/x{'(' * 90}a{')' * 90}") == (Form("/xa", "nothing"),)
    assert forms_of(f"/x{'(' * 10_000}a{')' * 10_000}") == (Form("/x", "unknown"),)
