"""Routes that nothing reaches are told, and nothing else is."""

import pytest
from tests.support.translating import translated

from gloo.model.status import State
from gloo.translator import shadows
from gloo.translator.memo import Memo
from gloo.translator.shadows import with_shadows

UPSTREAM = "name: a\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"
ROUTE = "- request_matcher: {{{}}}\n  single_destination: {{upstream: {{name: a}}}}\n"


def warnings(*matchers: str) -> list[str]:
    service = "name: shop\nroutes:\n" + "".join(ROUTE.format(matcher) for matcher in matchers)
    translation = translated(UPSTREAM, service)
    status = with_shadows(translation.reports, translation.orders)["VirtualService/shop"]
    assert status.state is State.ACCEPTED
    assert all(problem.warning for problem in status.problems)
    return [f"{problem.field} {problem.problem}" for problem in status.problems]


def test_a_route_behind_one_that_takes_all_of_its_requests_is_told_with_that_one() -> None:
    assert warnings("path_prefix: /a", "path_prefix: /", "path_exact: /b") == [
        "routes[2] can never be reached: routes[1] takes all of its requests"
    ]


def test_routes_that_take_all_requests_together_are_told_together() -> None:
    assert warnings("verbs: [GET]", "verbs: [POST]", "verbs: [PUT]", "path_prefix: /a, verbs: [GET, POST]") == [
        "routes[3] can never be reached: routes[0] and routes[1] together take all of its requests"
    ]


def test_what_a_header_that_comes_twice_would_reach_is_hardly_reached() -> None:
    assert warnings("headers: {x: {exact: '1', invert: true}}", "headers: {x: '2'}") == [
        "routes[1] can hardly be reached: routes[0] takes all of its requests, but those that send a header twice"
    ]


def test_an_event_is_told_only_when_all_of_its_forms_are_taken() -> None:
    event = ROUTE.replace("request_matcher", "event_matcher").format("event_type: paid")
    structured = ROUTE.format("path_exact: /events, headers: {content-type: ''}")
    for first, found in ((structured, 0), (ROUTE.format("path_exact: /events"), 1), (event, 1)):
        translation = translated(UPSTREAM, f"name: shop\nroutes:\n{first}{event}")
        status = with_shadows(translation.reports, translation.orders)["VirtualService/shop"]
        assert len(status.problems) == found


def test_a_route_that_some_request_reaches_is_not_told() -> None:
    assert warnings("path_prefix: /a, verbs: [GET]", "path_prefix: /a/b", "path_prefix: /, headers: {x: y}") == []


def test_verdicts_without_warnings_stay_the_same_objects() -> None:
    translation = translated(UPSTREAM, "name: shop\nroutes:\n" + ROUTE.format("path_prefix: /"))

    found = with_shadows(translation.reports, translation.orders, Memo())

    assert all(found[ref] is status for ref, status in translation.reports.items())


def test_a_bug_about_the_order_of_routes_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(entries: object) -> None:
        raise ValueError("hidden")

    monkeypatch.setattr(shadows, "unreachable", boom)
    (told,) = warnings("path_prefix: /")
    assert told.startswith("routes a bug in gloo: ValueError at translator/shadows.py")
