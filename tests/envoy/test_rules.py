"""Envoy's own rules, asked without Envoy; what they say, Envoy says."""

import pytest

from gloo.envoy.cluster import Cluster
from gloo.envoy.listener import Listener
from gloo.envoy.refusal_text import refusal_text
from gloo.envoy.route import DirectResponse, Forward, PathMatch, Route, RouteMatch, Target, ValueMatch
from gloo.envoy.route_message import route_bytes, virtual_host_bytes
from gloo.envoy.route_tree import route_fields
from gloo.envoy.rules import resource_fault, route_fault
from gloo.envoy.validation import validation_bootstrap
from gloo.model.base import replace
from gloo.model.duration import Duration
from gloo.proxy.binary import find_envoy
from gloo.proxy.validate import validate

LISTENER = Listener("http", "127.0.0.1", 10000, "routes").resource()
GOOD = Route("r", RouteMatch(PathMatch("prefix", "/")), DirectResponse(200, "x"))
FORWARD = replace(GOOD, action=Forward((Target("a"), Target("b", weight=2))))


def matching(*, headers: tuple[ValueMatch, ...] = (), query: tuple[ValueMatch, ...] = ()) -> Route:
    return replace(GOOD, match=RouteMatch(PathMatch("prefix", "/"), headers=headers, query=query))


ROUTES = {
    "good": GOOD,
    "by weight": FORWARD,
    "conditions": matching(headers=(ValueMatch("x", "regex", "a"),), query=(ValueMatch("q", "present"),)),
    "empty path regex": replace(GOOD, match=RouteMatch(PathMatch("regex", ""))),
    "empty header regex": matching(headers=(ValueMatch("x", "regex", ""),)),
    "empty header name": matching(headers=(ValueMatch("", "present"),)),
    "empty query name": matching(query=(ValueMatch("", "present"),)),
    "long query name": matching(query=(ValueMatch("q" * 1025, "present"),)),
    "empty prefix": matching(headers=(ValueMatch("x", "prefix", ""),)),
    "lone slash": replace(GOOD, match=RouteMatch(PathMatch("segment_prefix", "/"))),
    "line break": replace(GOOD, action=Forward((Target("a"),), prefix_rewrite="/a\nb")),
    "no status": replace(GOOD, action=DirectResponse(99, "x")),
    "nameless metadata": replace(GOOD, metadata=(("", {"a": 1}),)),
    "no targets": replace(GOOD, action=Forward((Target(""),))),
}


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
async def test_a_route_breaks_a_rule_when_envoy_says_so(route: Route) -> None:
    body = route_bytes(route)
    host = virtual_host_bytes("h", ("h.test",), route_fields((body,)))

    said = await validate(find_envoy(), validation_bootstrap(LISTENER, (host,)))

    found = route_fault(body)
    assert (found is None) == (said is None), said
    if found is not None and said is not None:
        assert found.partition(":")[0] == refusal_text(said).partition(":")[0]


def test_a_cluster_without_time_to_connect_breaks_a_rule() -> None:
    cluster = Cluster("a", "static", (), Duration(0))
    assert resource_fault(cluster.resource()) == "Cluster.connect_timeout: value must be greater than 0s"
    assert resource_fault(replace(cluster, connect_timeout=Duration(10**9)).resource()) is None
    assert resource_fault(LISTENER) is None
