"""Routes and their rules."""

import pytest

from gloo.model.base import Json
from gloo.model.route import Destination, Route, UpstreamDestination
from gloo.model.strict import decode_struct

MATCHER = {"request_matcher": {"path_prefix": "/"}}
TO_A = {"upstream": {"name": "a"}}


@pytest.mark.parametrize(
    ("raw", "field", "problem"),
    [
        ({}, "", "takes exactly one of request_matcher, event_matcher; none is given"),
        ({**MATCHER, "event_matcher": {"event_type": "x"}}, "", "takes exactly one of"),
        ({"event_matcher": {"event_type": ""}}, "event_matcher.event_type", "length >= 1"),
        ({"request_matcher": {"path_prefix": "/", "path_exact": "/"}}, "request_matcher", "at most one of"),
        ({**MATCHER, "single_destination": TO_A, "multiple_destinations": []}, "", "not both"),
        ({**MATCHER, "single_destination": {}}, "single_destination", "exactly one of function, upstream"),
        (
            {**MATCHER, "single_destination": {**TO_A, "function": {"upstream_name": "a", "function_name": "f"}}},
            "single_destination",
            "exactly one of function, upstream",
        ),
        ({**MATCHER, "multiple_destinations": [TO_A]}, "multiple_destinations[0].weight", "required"),
        ({**MATCHER, "multiple_destinations": [{**TO_A, "weight": 0}]}, "multiple_destinations[0].weight", ">= 1"),
    ],
)
def test_a_rule_that_a_route_breaks_is_told_where_it_is_broken(raw: Json, field: str, problem: str) -> None:
    route, problems = decode_struct(raw, Route)
    assert route is None
    assert [each.field for each in problems] == [field]
    assert problem in problems[0].problem


def test_a_route_tells_all_its_destinations() -> None:
    single, _ = decode_struct({**MATCHER, "single_destination": TO_A}, Route)
    assert single is not None
    assert single.destinations == (Destination(upstream=UpstreamDestination(name="a")),)
    weighted, _ = decode_struct(
        {
            **MATCHER,
            "multiple_destinations": [
                {**TO_A, "weight": 1},
                {"function": {"upstream_name": "b", "function_name": "f"}, "weight": 2},
            ],
        },
        Route,
    )
    assert weighted is not None
    assert [(each.upstream_name, each.function_name) for each in weighted.destinations] == [("a", ""), ("b", "f")]


def test_a_regex_matcher_and_an_old_style_header_map_read_as_in_2018() -> None:
    raw = {"request_matcher": {"path_regex": "/users/.*", "headers": {"x-beta": ""}, "verbs": ["GET", "POST"]}}
    assert decode_struct(raw, Route)[1] == ()
