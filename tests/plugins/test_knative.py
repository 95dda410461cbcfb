"""Knative: services by their URL, or by their hosts behind a gateway."""

import pytest
from tests.support.translating import routes, translated

from gloo.model.base import Json
from gloo.model.status import State

CLUSTER = """\
name: k
type: knative
spec: {gateway: "http://kourier.example.org:8080", domain: example.org, namespace: shop}
functions:
- {name: price, spec: %s}
- {name: slow, timeout: 2m}
"""
ONE = """\
name: k
type: knative
spec: {url: "https://price.shop.example.org/base"}
functions:
- {name: price, spec: %s}
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: k, function_name: %s}}
"""


def route_of(text: str, name: str = "price") -> Json:
    (found,) = routes(translated(text, ROUTE % name), "default")
    return found


def path_of(route: Json) -> str:
    (added,) = route["request_headers_to_add"]
    return str(added["header"]["value"])


@pytest.mark.parametrize(
    ("spec", "host", "path"),
    [
        ("{}", "price.shop.example.org", "+"),
        ("{service: orders, namespace: sales, path: /v1}", "orders.sales.example.org", "+/v1"),
        ("{tag: next}", "next-price.shop.example.org", "+"),
    ],
)
def test_a_service_behind_a_gateway_is_told_by_its_host(spec: str, host: str, path: str) -> None:
    route = route_of(CLUSTER % spec)
    assert (route["route"]["host_rewrite_literal"], path_of(route)) == (host, path)


def test_one_service_is_asked_by_the_host_of_its_url() -> None:
    route = route_of(ONE % "{path: /v1}")
    assert (route["route"]["host_rewrite_literal"], path_of(route)) == ("price.shop.example.org", "+/base/v1")


def test_a_call_has_time_for_a_start_unless_its_function_says() -> None:
    assert route_of(CLUSTER % "{}")["route"]["timeout"] == "60s"
    assert route_of(CLUSTER % "{}", "slow")["route"]["timeout"] == "120s"


def test_by_weight_each_service_has_its_own_host() -> None:
    shares = ", ".join(
        f"{{function: {{upstream_name: k, function_name: {name}}}, weight: 1}}" for name in ("price", "slow")
    )
    text = f"name: default\nroutes:\n- request_matcher: {{path_prefix: /}}\n  multiple_destinations: [{shares}]\n"
    (route,) = routes(translated(CLUSTER % "{}", text), "default")
    weighted = route["route"]["weighted_clusters"]["clusters"]
    assert [each["host_rewrite_literal"] for each in weighted] == ["price.shop.example.org", "slow.shop.example.org"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ONE % "{service: other}", "says service, and its upstream is one service"),
        (CLUSTER.replace("name: price", "name: A") % "{}", "needs service"),
    ],
)
def test_a_service_that_the_upstream_can_not_reach_is_told(text: str, problem: str) -> None:
    name = "A" if "name: A" in text else "price"
    status = translated(text, ROUTE % name).reports["VirtualService/default"]
    assert status.state is State.REJECTED
    assert problem in status.reason


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (CLUSTER.replace('gateway: "http://kourier.example.org:8080", ', "") % "{}", "spec"),
        (CLUSTER.replace("http://", "") % "{}", "spec"),
        (CLUSTER.replace("domain: example.org", "domain: 'a b'") % "{}", "spec"),
        (CLUSTER.replace("namespace: shop", "namespace: S") % "{}", "spec"),
        (CLUSTER % "{path: v1/}", "functions[0].spec"),
        (CLUSTER % "{tag: a.b}", "functions[0].spec"),
    ],
)
def test_what_knative_would_not_take_is_told_with_its_place(text: str, field: str) -> None:
    (problem,) = translated(text).reports["Upstream/k"].problems
    assert problem.field == field
