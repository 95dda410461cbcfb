"""A route's limit turns on the filter that stands in every chain."""

import pytest
from envoy.extensions.filters.http.buffer.v3.buffer_pb2 import BufferPerRoute
from tests.support.extended_routes import extended, problems_of, route_of
from tests.support.translating import translated

from gloo.envoy.route import Redirect
from gloo.errors import ConfigError
from gloo.plugins.buffer import Buffer


def test_the_limit_is_in_bytes() -> None:
    found = extended(Buffer(), {"max_request_bytes": 10}).filters
    limits = [BufferPerRoute.FromString(config.value).buffer.max_request_bytes.value for _, config in found]
    assert limits == [10, 2**20]
    assert [(each.name, each.disabled) for each in Buffer().filters()] == [(name, True) for name, _ in found]


@pytest.mark.parametrize("limit", [0, -1, 2**32, "10"])
def test_a_limit_is_a_whole_number_above_zero(limit: object) -> None:
    assert problems_of(Buffer(), {"max_request_bytes": limit})


def test_an_answer_of_the_gateway_itself_has_no_limit() -> None:
    with pytest.raises(ConfigError, match="destination"):
        extended(Buffer(), {"max_request_bytes": 10}, route_of(Redirect(https=True)))


def test_a_route_to_nothing_has_no_fault_beside_that() -> None:
    route = "{request_matcher: {}, single_destination: {upstream: {name: none}}, extensions: {max_request_bytes: 10}}"
    problems = translated(f"name: default\nroutes: [{route}]\n").reports["VirtualService/default"].problems
    assert [problem.field for problem in problems] == ["routes[0].single_destination.upstream.name"]
