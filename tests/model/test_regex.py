"""Regular expressions as Envoy reads them."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from gloo.errors import ConfigError
from gloo.model.regex import check_regex, check_substitution, confined


def test_a_regex_tells_its_groups() -> None:
    assert check_regex("/users/([^/]+)/(.*)", "f") == 2


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?=x)", "\\1"])
def test_what_re2_does_not_take_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is no RE2 regular expression"):
        check_regex(pattern, "f")


@pytest.mark.parametrize("substitution", ["/x", r"/\0", r"/\1/\2", "\\\\"])
def test_a_substitution_may_name_the_groups_there_are(substitution: str) -> None:
    check_substitution(substitution, "f", groups=2)


@pytest.mark.parametrize("substitution", [r"\3", "\\", r"\n"])
def test_a_substitution_that_names_no_group_is_refused(substitution: str) -> None:
    with pytest.raises(ConfigError, match="names no group"):
        check_substitution(substitution, "f", groups=2)


@pytest.mark.parametrize(
    ("pattern", "within"),
    [
        ("a.*z", "a[^&]*z"),
        ("^a$", "a"),
        ("[^]a]+", "[^&\\]a]+"),
        ("[^-a]", "[^&\\-a]"),
        (r"\d+(x|y)", r"\d+(x|y)"),
        ("", ""),
    ],
)
def test_an_expression_is_confined_sign_by_sign(pattern: str, within: str) -> None:
    assert confined(pattern, "&") == within


@pytest.mark.parametrize("pattern", ["^a|b", "(^a)", "a$b", r"\D", r"\Qa\E", r"\x26", r"a\&b", "&", "[!-/]", r"\pN"])
def test_an_expression_that_can_not_be_confined_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError):
        confined(pattern, "&")


@given(
    st.lists(st.sampled_from(("a", "&", ".", "b*", "[^a]", "[^]&]", "(a|b)", "[^-b]+")), max_size=4).map("".join),
    st.text(alphabet="ab]-&", max_size=5),
)
def test_a_confined_expression_takes_what_it_took_but_for_the_sign(pattern: str, text: str) -> None:
    try:
        within = confined(pattern, "&")
    except ConfigError:
        return
    assert (re2.fullmatch(within, text) is not None) == (re2.fullmatch(pattern, text) is not None and "&" not in text)
