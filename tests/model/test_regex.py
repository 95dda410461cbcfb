"""Regular expressions as Envoy reads them."""

import pytest

from gloo.errors import ConfigError
from gloo.model.regex import check_regex, check_substitution


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
