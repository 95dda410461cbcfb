"""What a route that no client waits for can't have."""

import pytest
from tests.support.translating import translated

from gloo.model.status import State

UPSTREAM = """\
name: a
type: service
spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- {name: plain, spec: {path: /p}}
- {name: claim, spec: {path: '/{{ default(jwt_claim("sub"), "nobody") }}'}}
- {name: noted, spec: {path: '/{{ default(dynamic_metadata("a", "b"), "") }}'}}
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: a, function_name: %s}}
  extensions: %s
"""


@pytest.mark.parametrize("name", ["claim", "noted"])
def test_templates_of_a_later_call_can_not_have_what_filters_found_out(name: str) -> None:
    assert translated(UPSTREAM, ROUTE % (name, "{}")).reports["VirtualService/default"].state is State.ACCEPTED
    (problem,) = translated(UPSTREAM, ROUTE % (name, "{async: true}")).reports["VirtualService/default"].problems
    assert problem.field == "routes[0].extensions.async"


def test_a_later_call_can_not_be_upgraded() -> None:
    text = ROUTE % ("plain", "{async: true, upgrades: [websocket]}")
    (problem,) = translated(UPSTREAM, text).reports["VirtualService/default"].problems
    assert problem.field == "routes[0].extensions.upgrades"
