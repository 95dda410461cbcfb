"""Fn: invocations by id, and HTTP triggers."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.envoy.later import LATER_CLUSTER
from gloo.model.base import Json
from gloo.model.status import State

FN = """\
name: fn
type: fn
spec: {url: "http://fn.example.org:8080/base/", app: shop}
functions:
- {name: f, spec: %s}
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: fn, function_name: f}}
  extensions: %s
"""


def route_of(spec: str, extensions: str = "{}") -> Json:
    (found,) = routes(translated(FN % spec, ROUTE % extensions), "default")
    return found


def added(route: Json) -> Json:
    return {each["header"]["key"]: each["header"]["value"] for each in route["request_headers_to_add"]}


def test_an_invocation_is_a_post_to_the_id_that_is_waited_for() -> None:
    assert added(route_of("{id: 01ABC, intent: cloudevent}")) == {
        "x-gloo-path": "=/base/invoke/01ABC",
        "x-gloo-method": "POST",
        "fn-invoke-type": "sync",
        "fn-intent": "cloudevent",
    }


def test_a_later_invocation_is_detached_and_not_the_gateways() -> None:
    route = route_of("{id: 01ABC}", "{async: true}")
    assert (route["route"]["cluster"], added(route)["fn-invoke-type"]) == ("fn", "detached")


def test_a_trigger_keeps_the_method_and_later_it_is_the_gateways() -> None:
    assert added(route_of("{trigger: /price}")) == {
        "x-gloo-path": "=/base/t/shop/price",
        "x-gloo-method": "%REQ(:method)%",
        "fn-invoke-type": "sync",
    }
    assert added(route_of("{trigger: /price, app: other}"))["x-gloo-path"] == "=/base/t/other/price"
    assert route_of("{trigger: /price}", "{async: true}")["route"]["cluster"] == LATER_CLUSTER


def test_its_cluster_writes_path_and_method() -> None:
    (options,) = clusters(translated(FN % "{id: a}"))["fn"]["typed_extension_protocol_options"].values()
    names = [each["name"] for each in options["http_filters"]]
    assert names[:2] == ["gloo.upstream.path", "gloo.upstream.method"]


def test_a_trigger_without_an_app_is_told_where_it_is_called() -> None:
    translation = translated(FN.replace(", app: shop", "") % "{trigger: /price}", ROUTE % "{}")
    status = translation.reports["VirtualService/default"]
    assert status.state is State.REJECTED
    assert "has a trigger, and no app" in status.reason


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (FN.replace("http://fn.example.org:8080/base/", "fn:8080") % "{id: a}", "spec"),
        (FN.replace("app: shop", "app: a/b") % "{id: a}", "spec.app"),
        (FN % "{}", "functions[0].spec"),
        (FN % "{id: a, trigger: /b}", "functions[0].spec"),
        (FN % "{id: a/b}", "functions[0].spec.id"),
        (FN % "{trigger: price}", "functions[0].spec"),
        (FN % "{id: a, app: b}", "functions[0].spec"),
        (FN % "{trigger: /a, intent: cloudevent}", "functions[0].spec"),
    ],
)
def test_what_fn_would_not_take_is_told_with_its_place(text: str, field: str) -> None:
    (problem,) = translated(text).reports["Upstream/fn"].problems
    assert problem.field == field
