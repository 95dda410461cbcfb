"""Reading what can be read of a route that can't be decoded."""

import pytest

from gloo.model.base import Json
from gloo.model.route import EventMatcher, RequestMatcher
from gloo.model.salvage import literal_head, salvage_route


@pytest.mark.parametrize(
    ("raw", "matcher"),
    [
        (
            {"request_matcher": {"path_prefix": "/a", "verbs": ["GET"]}},
            RequestMatcher(path_prefix="/a", verbs=("GET",)),
        ),
        ({"requestMatcher": {"pathExact": "/a"}}, RequestMatcher(path_exact="/a")),
        ({"request_macher": {"path_prefx": "/a"}}, RequestMatcher(path_prefix="/a")),
        ({"request_matcher": {"path_prefix": "/a", "verbs": "GET"}}, RequestMatcher(path_prefix="/a")),
        ({"request_matcher": {"path_regex": "/a("}}, RequestMatcher(path_regex="/a(")),
        ({"request_matcher": {"path_prefix": "/a", "path_exact": "/b"}}, None),
        ({"request_matcher": {"path_prefix": 5}}, None),
        ({"request_matcher": "/a"}, None),
        ({}, None),
        (None, None),
        ("text", None),
        ([], None),
    ],
)
def test_the_path_and_the_verbs_are_kept_where_they_can_be_read(raw: Json, matcher: RequestMatcher | None) -> None:
    assert salvage_route(raw, ()).request_matcher == matcher


def test_an_event_matcher_is_kept() -> None:
    raw = {"event_matcher": {"event_type": "paid"}, "nonsense": 1}
    assert salvage_route(raw, ()).event_matcher == EventMatcher(event_type="paid")


@pytest.mark.parametrize(
    ("regex", "head"),
    [
        ("/users/.*", "/users/"),
        ("^/users/(", "/users/"),
        ("/a?b", "/"),
        ("/a\\.b*", "/a."),
        ("/a{2}", "/"),
        ("/a|/b", ""),
        ("[a-z]+", ""),
        ("/a\\d", "/a"),
    ],
)
def test_the_head_of_a_regex_is_what_every_match_starts_with(regex: str, head: str) -> None:
    assert literal_head(regex) == head
