"""Paths that no request can have are told, with what to write; all others pass."""

import pytest

from gloo.errors import ConfigError
from gloo.explain.request import normalised
from gloo.translator.written_paths import Kind, unsent_path, written_path


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/ü", "write /%C3%BC"),
        ("/a b", "write /a%20b"),
        ("/a|b", "write /a%7Cb"),
        ("/a\\b", "write /a/b"),
        ("/%61b", "write /ab"),
        ("/a%2db", "write /a-b"),
        ("/x/../y", "write the path that it leads to"),
        ("/x/./y", "write the path that it leads to"),
        ("/x/..", "write the path that it leads to"),
        ("/a?b", "use query_params"),
        ("a", "a path starts with /"),
    ],
)
def test_a_path_that_no_request_has_is_refused(path: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        written_path(path, "f")
    assert (caught.value.field, caught.value.hint) == ("f", hint)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/x/..", "prefix"),  # /x/..a
        ("/x/.hidden", "segment_prefix"),
        ("/a%2Fb", "exact"),
        ("/a%c3%bc", "exact"),
        ("/a%zz", "exact"),
        ("/a%6", "prefix"),
        ("/a!$&'()*+,;=:@[]~-._", "exact"),
    ],
)
def test_a_path_that_requests_can_have_passes(path: str, kind: Kind) -> None:
    assert written_path(path, "f", kind) == path
    if kind != "prefix":
        assert normalised(path) == path


@pytest.mark.parametrize("regex", [r"/re\?x=1", "/a b", "api/.*", r"/%61", "/x/\\.\\./y", "/ü.*", "^a"])
def test_an_expression_that_begins_with_no_path_is_told(regex: str) -> None:
    assert "never matches" in unsent_path(regex)


@pytest.mark.parametrize(
    "regex", [r"/re(\?x=1)?", ".*", "/", "", "(api)?/.*", r"\*", "/a|b", "^/a$", "/[ü]?", "/%61?", "(?i)/A"]
)
def test_an_expression_that_may_match_passes(regex: str) -> None:
    assert unsent_path(regex) == ""
