from typing import Any

import pytest

from gloo.envoy.function_headers import FUNCTION_HEADERS, function_headers
from gloo.envoy.jwt import JWT_FILTER, no_token
from gloo.envoy.plain_route import (
    ORIGINAL_PATH,
    PATH_VALUES,
    original_path_filter,
    path_values,
    path_values_filter,
    plain_route,
)
from gloo.envoy.readable import readable_config
from gloo.envoy.route import (
    Forward,
    HeaderChange,
    PathMatch,
    PlainCall,
    Redirect,
    Route,
    RouteMatch,
    Target,
    ValueMatch,
)
from gloo.envoy.route_policy import HashPolicy, Mirror
from gloo.model.base import replace

HEADERS = ((FUNCTION_HEADERS, function_headers([HeaderChange("x-a", "1")])),)
ON_PATH = ValueMatch(":path", "regex", "/users/([0-9]+)")
CALL = PlainCall((ON_PATH, ValueMatch(":method", "exact", "GET")), HEADERS, ("^/users/([0-9]+)$", r"/find?id=\1"))
TARGET = Target("pets", filters=(("program", function_headers([])),), held_bytes=9, plain=CALL)
ROUTE = Route(
    "pets/0", RouteMatch(PathMatch("prefix", "/users"), headers=(ValueMatch("x-b", "present"),)), Forward((TARGET,))
)


def test_it_takes_plain_paths_alone_rewrites_them_and_runs_no_program() -> None:
    found = plain_route(ROUTE)
    assert found is not None and isinstance(found.action, Forward)
    assert found.match.headers == (
        ValueMatch("x-b", "present"),
        ON_PATH,
        ValueMatch(":method", "exact", "GET"),
    )
    assert found.action.regex_rewrite == ("^/users/([0-9]+)$", r"/find?id=\1")
    (target,) = found.action.targets
    assert [name for name, _ in target.filters] == [FUNCTION_HEADERS, ORIGINAL_PATH]
    assert (target.held_bytes, target.plain) == (9, None)


def test_the_upstream_does_not_learn_the_path_that_the_client_asked_for() -> None:
    found = plain_route(ROUTE)
    assert found is not None and isinstance(found.action, Forward)
    removal = dict(found.action.targets[0].filters)[ORIGINAL_PATH]
    assert readable_config(removal)["mutations"] == {"request_mutations": [{"remove": "x-envoy-original-path"}]}
    assert original_path_filter()[0] == ORIGINAL_PATH


def _with_action(**fields: Any) -> Route:
    return replace(ROUTE, action=replace(ROUTE.action, **fields))


@pytest.mark.parametrize(
    "route",
    [
        _with_action(prefix_rewrite="/"),
        _with_action(regex_rewrite=("a", "b")),
        _with_action(mirror=Mirror("copy")),
        _with_action(hash_policies=(HashPolicy("query", "id"),)),
        _with_action(targets=(TARGET, Target("other"))),
        _with_action(targets=(replace(TARGET, plain=None),)),
        replace(ROUTE, later="gateway"),
        replace(ROUTE, request_headers=(HeaderChange("x-path", "%REQ(:path)%", format=True),)),
        replace(ROUTE, request_headers=(HeaderChange("X-Envoy-Original-Path", "/a"),)),
        replace(ROUTE, response_headers=(HeaderChange("x-b", "%REQ(X-Envoy-Original-Path)%", format=True),)),
        _with_action(targets=(replace(TARGET, request_headers=(HeaderChange("x-envoy-original-path", "/a"),)),)),
        replace(ROUTE, action=Redirect()),
    ],
)
def test_a_route_that_needs_or_changes_the_path_itself_has_none(route: Route) -> None:
    assert plain_route(route) is None


def test_the_path_may_be_a_format() -> None:
    plain = replace(CALL, rewrite=None, made="/find?id=%DYNAMIC_METADATA(gloo.path:1)%")
    found = plain_route(_with_action(targets=(replace(TARGET, plain=plain),)))
    assert found is not None and isinstance(found.action, Forward)
    assert (found.action.regex_rewrite, found.action.path_format) == (None, plain.made)
    assert found.action.targets[0].filters[-1][0] == ORIGINAL_PATH
    assert plain_route(_with_action(targets=(replace(TARGET, plain=plain),), prefix_rewrite="/")) is None


ASKING = replace(TARGET, plain=PlainCall((ValueMatch("x-team", "regex", ".+"),), HEADERS, asked=("x-team",)))


@pytest.mark.parametrize("fields", [{"prefix_rewrite": "/"}, {"mirror": Mirror("copy")}, {}])
def test_where_no_path_is_made_the_route_may_do_what_it_likes_with_it(fields: dict[str, Any]) -> None:
    found = plain_route(_with_action(targets=(ASKING,), **fields))
    assert found is not None and isinstance(found.action, Forward)
    assert found.action.prefix_rewrite == fields.get("prefix_rewrite")
    assert [name for name, _ in found.action.targets[0].filters] == [FUNCTION_HEADERS]


def test_where_tokens_are_verified_a_header_may_be_gone_by_then() -> None:
    guarded = replace(ROUTE, filters=((JWT_FILTER, no_token()),))
    assert plain_route(guarded) is not None
    assert plain_route(replace(guarded, action=Forward((ASKING,)))) is None


def test_groups_of_the_path_are_noted_by_their_numbers() -> None:
    config = readable_config(path_values("^/a/([0-9]+)/(b+)$", [2], "gloo.path"))
    (rule,) = config["request_rules"]
    assert rule["header"] == ":path"
    assert rule["on_header_present"] == {
        "metadata_namespace": "gloo.path",
        "key": "2",
        "regex_value_rewrite": {"pattern": {"regex": "^/a/([0-9]+)/(b+)$"}, "substitution": r"\2"},
    }


def test_values_are_noted_before_headers_are_set() -> None:
    assert path_values_filter().name == PATH_VALUES < FUNCTION_HEADERS
    assert path_values_filter().disabled
