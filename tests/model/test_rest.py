"""What can be read of objects that can't be decoded."""

import pytest

from gloo.model.base import Json
from gloo.model.rest import RestOfUpstream, rest_of_route, rest_of_upstream
from gloo.model.route import RequestMatcher, RestOfRoute


def upstream_rest(raw: Json) -> RestOfUpstream:
    rest = rest_of_upstream(raw)
    assert rest is not None
    return rest


def route_rest(raw: Json) -> RestOfRoute:
    rest = rest_of_route(raw)
    assert rest is not None
    return rest


@pytest.mark.parametrize("raw", [None, 5, "text", []])
def test_of_what_is_no_mapping_nothing_can_be_read(raw: Json) -> None:
    assert rest_of_upstream(raw) is None
    assert rest_of_route(raw) is None


def test_the_fields_of_an_upstream_that_can_be_read_are_kept_and_the_others_named() -> None:
    raw = {"name": "a", "type": "service", "connectionTimeout": "soon", "bogus": 1, "spec": {"hosts": 5}}
    rest = upstream_rest(raw)
    assert (rest.upstream.type, rest.upstream.spec) == ("service", {"hosts": 5})
    assert rest.missing == {"connection_timeout", "bogus"}


def test_an_upstream_without_a_type_or_a_name_keeps_its_other_fields() -> None:
    rest = upstream_rest({"name": 5, "spec": {"hosts": 5}})
    assert rest.upstream.spec == {"hosts": 5}
    assert rest.missing == {"name", "type"}


def test_the_kind_of_a_service_is_read_beside_its_unknown_fields() -> None:
    rest = upstream_rest({"name": "a", "type": "service", "service_info": {"type": "REST", "bogus": 1}})
    assert rest.upstream.service_info is not None
    assert rest.upstream.service_info.type == "REST"
    assert rest.missing == frozenset()


def test_functions_keep_their_index_when_others_can_not_be_read() -> None:
    functions = [{"name": "a", "spec": {"x": 1}}, 5, {"spec": {"x": 2}}, {"name": "c", "timeout": "soon"}]
    rest = upstream_rest({"name": "a", "type": "service", "functions": functions})
    assert [(index, each.spec) for index, each in rest.functions] == [(0, {"x": 1}), (2, {"x": 2}), (3, {})]
    assert len({each.name for _, each in rest.functions}) == 3


def test_destinations_keep_their_field_when_others_can_not_be_read() -> None:
    several = [{"weight": 1}, {"upstream": {"name": "a"}, "weight": 0}, {"upstream": {"name": "b"}, "bogus": 1}]
    rest = route_rest({"requestMatcher": {"pathPrefix": "/a"}, "multipleDestinations": several})
    assert rest.request_matcher == RequestMatcher(path_prefix="/a")
    assert [(field, each.upstream_name) for field, each in rest.placed] == [
        ("multiple_destinations[1]", "a"),
        ("multiple_destinations[2]", "b"),
    ]


@pytest.mark.parametrize(
    ("raw", "sure"),
    [
        ({"request_matcher": {}, "single_destination": 5}, True),
        ({"request_matcher": {"verbs": 5}}, True),
        ({"request_matcher": 5}, False),
        ({"request_matcher": {}, "extensions": 5}, False),
        ({"request_matcher": {}, "extnsions": {}}, False),
    ],
)
def test_calls_are_sure_where_nothing_is_missing_that_they_need(raw: Json, *, sure: bool) -> None:
    assert route_rest(raw).sure is sure
