"""Matchers to Envoy's route matches."""

import pytest

from gloo.envoy.route import PathMatch, RouteMatch, ValueMatch
from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.model.route import Route
from gloo.model.strict import decode_struct
from gloo.translator.events import matches_of


def match(matcher: Json, kind: str = "request_matcher") -> RouteMatch:
    route, problems = decode_struct({kind: matcher, "single_destination": {"upstream": {"name": "a"}}}, Route)
    assert route is not None, problems
    return matches_of(route)[0]


@pytest.mark.parametrize(
    ("matcher", "kind", "value"),
    [
        ({"path_prefix": "/a"}, "prefix", "/a"),
        ({"path_exact": "/a"}, "exact", "/a"),
        ({"path_regex": "/a/.*"}, "regex", "/a/.*"),
        ({}, "prefix", "/"),
        ({"verbs": ["GET"]}, "prefix", "/"),
    ],
)
def test_a_path_is_a_prefix_a_text_or_a_regex_and_without_one_every_path_matches(
    matcher: Json, kind: str, value: str
) -> None:
    path = match(matcher).path
    assert (path.kind, path.value) == (kind, value)


def test_verbs_are_methods_in_capitals_each_once() -> None:
    assert match({"verbs": ["get", "GET", "POST"]}).methods == ("GET", "POST")


def test_header_values_read_as_in_2018() -> None:
    headers = match({"headers": {"X-Any": "", "x-like": "a.*", "x-is": "a"}}).headers
    assert headers == (
        ValueMatch("x-any", "present"),
        ValueMatch("x-like", "regex", "a.*"),
        ValueMatch("x-is", "exact", "a"),
    )


def test_a_query_value_is_exact_even_where_it_looks_like_a_regex() -> None:
    assert match({"query_params": {"a": "", "b": "x.*"}}).query == (
        ValueMatch("a", "present"),
        ValueMatch("b", "exact", "x.*"),
    )


def test_a_query_parameter_may_be_what_must_not_hold() -> None:
    given = {"a": {"exact": "no", "invert": True}, "b": {"present": False}, "c": {"regex": "x.*", "invert": True}}
    assert match({"query_params": given}).query == (
        ValueMatch("a", "exact", "no", invert=True),
        ValueMatch("b", "present", invert=True),
        ValueMatch("c", "regex", "x.*", invert=True),
    )


def test_a_cookie_is_a_condition_of_its_own() -> None:
    assert match({"cookies": {"a": "", "b": {"regex": "^v1$"}}}).cookies == (
        ValueMatch("a", "present"),
        ValueMatch("b", "regex", "^v1$"),
    )


def test_an_event_is_a_path_and_a_header() -> None:
    found = match({"event_type": "order.paid"}, "event_matcher")
    assert found == RouteMatch(
        PathMatch("exact", "/events"), headers=(ValueMatch("x-event-type", "exact", "order.paid"),)
    )


@pytest.mark.parametrize(
    ("matcher", "field"),
    [
        ({"path_prefix": "a"}, "request_matcher.path_prefix"),
        ({"path_exact": "a"}, "request_matcher.path_exact"),
        ({"path_exact": "/a?b=c"}, "request_matcher.path_exact"),
        ({"path_regex": "("}, "request_matcher.path_regex"),
        ({"verbs": ["GET", "a b"]}, "request_matcher.verbs[1]"),
        ({"headers": {"a b": ""}}, 'request_matcher.headers["a b"]'),
        ({"headers": {"x": "(.*"}}, "request_matcher.headers.x.regex"),
        ({"path_exact": "/ü"}, "request_matcher.path_exact"),
        ({"path_prefix": "/x/../y"}, "request_matcher.path_prefix"),
        ({"path_segment_prefix": "/x/.."}, "request_matcher.path_segment_prefix"),
        ({"query_params": {"a&b": {"exact": "1", "invert": True}}}, 'request_matcher.query_params["a&b"]'),
        ({"query_params": {"a": {"exact": "1&2", "invert": True}}}, "request_matcher.query_params.a"),
        ({"query_params": {"a": {"regex": "1&2", "invert": True}}}, "request_matcher.query_params.a"),
    ],
)
def test_what_can_never_match_is_refused_by_its_field(matcher: Json, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        match(matcher)
    assert caught.value.field == field
