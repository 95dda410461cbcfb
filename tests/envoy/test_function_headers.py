from typing import Any

import pytest
from envoy.config.route.v3 import route_components_pb2
from google.protobuf import json_format

from gloo.envoy.answer_notes import answer_notes_filter
from gloo.envoy.function_headers import (
    FUNCTION_HEADERS,
    function_headers,
    function_headers_filter,
    read_function_headers,
)
from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER, lua_filters
from gloo.envoy.readable import readable_config
from gloo.envoy.route import Forward, HeaderChange, PathMatch, Route, RouteMatch, Target
from gloo.envoy.route_message import route_bytes
from gloo.envoy.route_policy import HashPolicy, Mirror
from gloo.model.base import Json, replace


def test_the_headers_are_set_behind_the_program() -> None:
    ours, notes, programs = function_headers_filter(), answer_notes_filter(), lua_filters("", "")
    assert ours.disabled
    assert [each.name for each in programs] == [LUA_FILTER, ANSWERS_FILTER]
    for before in (*programs, notes):
        assert (before.stage, before.name) < (ours.stage, ours.name)
    assert ours.name == FUNCTION_HEADERS


def test_a_value_that_may_come_out_empty_removes_what_was_there() -> None:
    config = function_headers([HeaderChange("x-a", "%REQ(x-b)%", format=True), HeaderChange("x-c", "")])
    mutations = [
        {"remove": "x-a"},
        {
            "append": {
                "header": {"key": "x-a", "value": "%REQ(x-b)%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        },
        {"remove": "x-c"},
    ]
    assert readable_config(config)["mutations"] == {"request_mutations": mutations}


def test_the_headers_are_read_as_formats() -> None:
    config = function_headers([HeaderChange("x-a", "100%"), HeaderChange("x-b", "")])
    assert read_function_headers(config) == (
        HeaderChange("x-a", "100%%", format=True),
        HeaderChange("x-b", "", format=True),
    )


CHANGES = (HeaderChange("x-a", "%REQ(accept)%", format=True), HeaderChange("x-b", "2"), HeaderChange("x-c", ""))


def _written(*changes: HeaderChange, marks: tuple[str, ...] = ()) -> Route:
    target = Target("up", filters=((FUNCTION_HEADERS, function_headers(changes, marks)),))
    return Route("r", RouteMatch(PathMatch("prefix", "/")), Forward((target,)))


def _message(route: Route) -> Json:
    message = route_components_pb2.Route.FromString(route_bytes(route))
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def test_a_route_that_changes_no_headers_sets_those_of_its_function_itself() -> None:
    message = _message(_written(*CHANGES))
    added = {each["header"]["key"]: each["header"]["value"] for each in message["request_headers_to_add"]}
    assert added == {"x-a": "%REQ(accept)%", "x-b": "2"}
    assert message["request_headers_to_remove"] == ["x-a", "x-c"]
    assert "typed_per_filter_config" not in message


def _with_action(route: Route, **fields: Any) -> Route:
    assert isinstance(route.action, Forward)
    return replace(route, action=replace(route.action, **fields))


@pytest.mark.parametrize(
    "route",
    [
        replace(_written(*CHANGES), request_headers=(HeaderChange("x-d", "%REQ(x-a)%", format=True),)),
        replace(_written(*CHANGES), request_headers_removed=("x-b",)),
        _with_action(_written(*CHANGES), hash_policies=(HashPolicy("header", "x-a"),)),
        _with_action(_written(*CHANGES), mirror=Mirror("up")),
        _written(HeaderChange("x-envoy-max-retries", "3")),
        _written(HeaderChange("grpc-timeout", "")),
        _written(*CHANGES, marks=("zone",)),
    ],
    ids=["added", "removed", "hashed", "mirrored", "obeyed", "deadline", "answered"],
)
def test_where_something_else_reads_or_changes_headers_the_filter_sets_them(route: Route) -> None:
    assert list(_message(route)["typed_per_filter_config"]) == [FUNCTION_HEADERS]


def test_each_of_several_targets_has_the_headers_of_its_own_function() -> None:
    route = _written(*CHANGES)
    assert isinstance(route.action, Forward)
    (target,) = route.action.targets
    message = _message(replace(route, action=Forward((target, Target("other")))))
    first, second = message["route"]["weighted_clusters"]["clusters"]
    assert list(first["typed_per_filter_config"]) == [FUNCTION_HEADERS]
    assert "typed_per_filter_config" not in second
