"""What the parts of a route can't have together; copies, and routes that no client waits for."""

import pytest
from tests.support.translating import translated

from gloo.envoy.function_headers import FUNCTION_HEADERS, function_headers
from gloo.envoy.route import Forward, HeaderChange, PathMatch, Route, RouteMatch, Target
from gloo.errors import ConfigError
from gloo.model.base import replace
from gloo.model.status import State
from gloo.translator.route_checks import check_later

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


@pytest.mark.parametrize(
    ("value", "extensions", "fields"),
    [
        ("%DYNAMIC_METADATA(a:b)%", "async: true", ["routes[0].extensions.add_request_headers"]),
        ("%DYNAMIC_METADATA(a:b)%", "async: false", []),
        ("%%DYNAMIC_METADATA(a:b)%%", "async: true", []),
        ("%REQ(x-sub)%", "async: true", []),
    ],
)
def test_headers_of_a_later_call_can_not_have_it_either(value: str, extensions: str, fields: list[str]) -> None:
    header = f"{{key: x-user, value: '{value}', format: true}}"
    text = ROUTE % ("plain", f"{{add_request_headers: [{header}], {extensions}}}")
    report = translated(UPSTREAM, text).reports["VirtualService/default"]
    assert [problem.field for problem in report.problems] == fields


def test_the_answer_has_them_for_it_is_given_where_filters_have_looked() -> None:
    header = "{key: x-user, value: '%DYNAMIC_METADATA(a:b)%', format: true}"
    text = ROUTE % ("plain", f"{{add_response_headers: [{header}], async: true}}")
    assert translated(UPSTREAM, text).reports["VirtualService/default"].state is State.ACCEPTED


def test_headers_that_a_target_sets_are_looked_at_too() -> None:
    read = HeaderChange("x-a", "%DYNAMIC_METADATA(a:b)%", format=True)
    match = RouteMatch(PathMatch("prefix", "/"))
    for target in (
        Target("a", request_headers=(read,)),
        Target("a", filters=((FUNCTION_HEADERS, function_headers((read,))),)),
    ):
        route = Route("default/0", match, Forward((target,)))
        for later in ("", "function"):
            check_later(replace(route, later=later))
        with pytest.raises(ConfigError, match="not there in templates of a later call"):
            check_later(replace(route, later="gateway"))


PLATFORMS = {
    "azure": ("{function_app_name: example-shop}", "{}"),
    "fission": ("{router: 'http://router.fission'}", "{}"),
    "fn": ("{url: 'http://fn.example.org:8080', app: shop}", "{trigger: /price}"),
    "google": ("{region: europe-west1, project_id: example-shop}", "{}"),
    "knative": ("{gateway: 'http://kourier.example.org', domain: example.org, namespace: shop}", "{}"),
    "openfaas": ("{gateway: 'http://gateway.openfaas:8080'}", "{}"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_calls_that_are_finished_on_the_way_to_their_own_upstream_can_not_be_copied(platform: str) -> None:
    spec, function = PLATFORMS[platform]
    upstream = f"name: p\ntype: {platform}\nspec: {spec}\nfunctions: [{{name: price, spec: {function}}}]\n"
    alone = (ROUTE % ("price", "{}")).replace("upstream_name: a", "upstream_name: p")
    shares = "[{upstream: {name: a}, weight: 1}, {function: {upstream_name: p, function_name: price}, weight: 1}]"
    shared = f"name: default\nroutes: [{{request_matcher: {{path_prefix: /}}, multiple_destinations: {shares}, %s}}]\n"
    assert _problems(upstream, alone) == []
    copied = alone.replace("extensions: {}", "extensions: {mirror: {upstream: a}}")
    for text in (copied, shared % "extensions: {mirror: {upstream: a}}"):
        assert _problems(upstream, text) == ["routes[0].extensions.mirror"]


def test_the_calls_of_a_rest_function_can_be_copied_later_too() -> None:
    for extensions in ("{mirror: {upstream: a}}", "{mirror: {upstream: a}, async: true}"):
        assert _problems(ROUTE % ("plain", extensions)) == []


@pytest.mark.parametrize("rewrite", ["noslash", "/x?y=1", "/x#y", "/a b", "/ü", "/a\\nb"])
def test_a_rewrite_that_makes_no_path_is_refused(rewrite: str) -> None:
    text = ROUTE.replace("  extensions: %s\n", '  prefix_rewrite: "' + rewrite + '"\n') % "plain"
    assert _problems(text) == ["routes[0].prefix_rewrite"]


def _problems(*texts: str) -> list[str]:
    return [problem.field for problem in translated(UPSTREAM, *texts).reports["VirtualService/default"].problems]
