"""What a route that no client waits for can't have."""

import pytest
from tests.support.translating import translated, virtual_hosts

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


def test_both_halves_and_all_forms_of_an_event_name_one_call() -> None:
    text = ROUTE % ("plain", "{async: true}")
    event = text.replace("request_matcher: {path_prefix: /}", "event_matcher: {event_type: org.example.a}")
    for each in (text, event):
        hosts = virtual_hosts(translated(UPSTREAM, each))
        (call,) = hosts["gloo-later"]["matcher"]["matcher_tree"]["exact_match_map"]["map"]
        asked = [header for route in hosts["default"]["routes"] for header in route.get("request_headers_to_add", ())]
        named = {each["header"]["value"] for each in asked if each["header"]["key"] == "x-gloo-ask"}
        assert named == {call}
        assert call.startswith("default/0/")
