"""Conditions on cookies are written though the Python classes of Envoy's API lack them, and people can read them."""

from tests.support.translating import routes, translated

from gloo.envoy.cookie_match import cookie_field
from gloo.envoy.route import ValueMatch

TEXT = """\
name: default
routes:
- request_matcher:
    cookies: {a: "1", b: "", c: {regex: "^x.*"}, d: {prefix: y, invert: true}, e: {present: false}}
  extensions: {direct_response: {status: 204}}
"""


def test_every_kind_of_condition_is_written_and_can_be_read() -> None:
    (route,) = routes(translated(TEXT), "default")
    assert route["match"]["cookies"] == [
        {"name": "a", "string_match": {"exact": "1"}},
        {"name": "b", "string_match": {"safe_regex": {"regex": ".*"}}},
        {"name": "c", "string_match": {"safe_regex": {"regex": "^x.*"}}},
        {"name": "d", "string_match": {"prefix": "y"}, "invert_match": True},
        {"name": "e", "string_match": {"safe_regex": {"regex": ".*"}}, "invert_match": True},
    ]


def test_equal_conditions_are_equal_bytes() -> None:
    one, same, other = (ValueMatch("a", "exact", value) for value in "112")
    assert cookie_field(one) == cookie_field(same) != cookie_field(other)
