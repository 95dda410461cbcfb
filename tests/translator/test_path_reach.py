"""The keys of what covers a path are those of the paths that take all that it takes."""

from gloo.translator.path_reach import covered_keys, covering_keys
from gloo.translator.route_path import PathMatch

KINDS = ("prefix", "segment_prefix", "longer", "folded prefix")


def test_a_path_is_found_by_its_kind_and_text() -> None:
    assert covering_keys(PathMatch("prefix", "/a")) == (("prefix", "/a"),)
    assert covering_keys(PathMatch("exact", "/A", case_sensitive=False)) == (("folded exact", "/a"),)
    assert covering_keys(PathMatch("any")) == covering_keys(PathMatch("prefix", "/a?b")) == ()


def test_an_expression_is_found_by_each_simple_path_in_it() -> None:
    keys = covering_keys(PathMatch("regex", "/a(/.*)?|/[bc]"))
    assert set(keys) == {
        ("regex", "/a(/.*)?|/[bc]"),
        ("exact", "/a"),
        ("prefix", "/a/"),
        ("segment_prefix", "/a"),
    }


def test_only_kinds_that_some_route_has_are_asked_for() -> None:
    assert covered_keys(PathMatch("exact", "/a"), ()) == {("exact", "/a"), ("folded exact", "/a")}
    assert covered_keys(PathMatch("prefix", "/a"), ("prefix",)) == {("prefix", ""), ("prefix", "/"), ("prefix", "/a")}


def test_what_covers_an_expression_covers_each_of_its_alternatives() -> None:
    found = covered_keys(PathMatch("regex", "/a/b|/a/c"), KINDS)
    assert ("segment_prefix", "/a") in found
    assert ("prefix", "/a/") in found
    assert ("prefix", "/a/b") not in found
