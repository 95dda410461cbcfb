"""Matchers hold as they do in Envoy; `test_envoy_agrees.py` compares them with a real one."""

import pytest

from gloo.envoy.route import PathMatch, RouteMatch, ValueMatch
from gloo.explain.matching import cookies_of, event_attributes, first_values, refusal
from gloo.explain.request import request_of

ANY = PathMatch("prefix", "/")


def _said(match: RouteMatch, path: str = "/a/b?q=1&q=2&e&p=%31", *headers: tuple[str, str]) -> str:
    return str(refusal(match, request_of("GET", path, headers)) or "")


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        (PathMatch("prefix", "/a/"), True),
        (PathMatch("prefix", "/A/"), False),
        (PathMatch("prefix", "/A/", case_sensitive=False), True),
        (PathMatch("prefix", "/a/b?"), False),
        (PathMatch("segment_prefix", "/a"), True),
        (PathMatch("segment_prefix", "/a/"), False),
        (PathMatch("exact", "/a/b"), True),
        (PathMatch("exact", "/a"), False),
        (PathMatch("regex", "/[a-z]/b"), True),
        (PathMatch("regex", "/a"), False),
    ],
)
def test_paths_are_compared_without_their_query(path: PathMatch, holds: bool) -> None:
    assert (_said(RouteMatch(path)) == "") == holds


def test_the_first_matcher_that_says_no_is_told_with_what_it_wanted_and_got() -> None:
    match = RouteMatch(ANY, ("POST",), (ValueMatch("x-a", "exact", "1"),))
    assert _said(match) == "method: expected POST, got GET"
    assert _said(RouteMatch(ANY, headers=match.headers)) == "header x-a: expected '1', got absent"


def test_a_header_holds_when_one_of_its_values_does() -> None:
    match = RouteMatch(ANY, headers=(ValueMatch("x-a", "exact", "2"),))
    assert _said(match, "/", ("x-a", "1"), ("x-a", "2")) == ""
    assert _said(match, "/", ("x-a", "1,2")) != ""


def test_an_inverted_matcher_takes_an_absent_header_as_an_empty_one() -> None:
    assert _said(RouteMatch(ANY, headers=(ValueMatch("x-a", "exact", "1", invert=True),))) == ""
    assert _said(RouteMatch(ANY, headers=(ValueMatch("x-a", "regex", ".*", invert=True),))) != ""
    assert _said(RouteMatch(ANY, headers=(ValueMatch("x-a", "present", invert=True),)), "/", ("x-a", "")) != ""


def test_a_cookie_is_told_by_its_name() -> None:
    match = RouteMatch(ANY, cookies=(ValueMatch("c.d", "exact", "2"),))
    assert _said(match, "/", ("cookie", "a=1; c.d=2")) == ""
    assert _said(match, "/", ("cookie", "a=1; c.d=3")) == "cookie c.d: expected '2', got '3'"


def test_the_first_cookie_of_a_name_counts_without_its_quotes() -> None:
    headers = (("cookie", 'a="1"; a=2; b; c =3'), ("cookie", '\ta=4; d=";\te=5'))
    assert cookies_of(request_of("GET", "/", headers)) == {"a": "1", "c ": "3", "d": '"', "\te": "5"}


def test_an_inverted_query_parameter_takes_an_absent_one() -> None:
    match = RouteMatch(ANY, query=(ValueMatch("q", "exact", "1", invert=True),))
    assert (_said(match, "/"), _said(match, "/?q=2&q=1")) == ("", "")
    assert _said(match, "/?q=1") == "query parameter q: expected not: '1', got '1'"


def test_query_parameters_are_compared_by_their_first_value_and_not_decoded() -> None:
    assert first_values("/?q=1&q=2&e&p=%31&=x") == {"q": "1", "e": "", "p": "%31", "": "x"}
    assert _said(RouteMatch(ANY, query=(ValueMatch("q", "exact", "1"), ValueMatch("e", "present")))) == ""
    assert "query parameter p" in _said(RouteMatch(ANY, query=(ValueMatch("p", "exact", "1"),)))


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"type": "t", "subject": 1, "source": []}', {"type": "t", "subject": 1}), (b"[", {}), (b"[]", {}), (None, {})],
)
def test_attributes_of_an_event_come_from_its_body(body: bytes | None, found: dict[str, object]) -> None:
    kind = [("content-type", "application/cloudevents+json; charset=utf-8")]
    assert event_attributes(request_of("POST", "/events", kind, body)) == found


def test_an_event_that_is_none_has_no_attributes() -> None:
    request = request_of("POST", "/events", [("content-type", "application/json")], b'{"type": "t"}')
    assert event_attributes(request) == {}
    wanted = RouteMatch(ANY, metadata=(ValueMatch("type", "exact", "t"),))
    assert str(refusal(wanted, request)) == "event attribute type: expected 't', got absent"
