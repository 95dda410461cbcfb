"""What has no effect is told, once and where it stands; what works is not."""

import pytest
from tests.support.translating import translated

from gloo.model.status import State

UPSTREAMS = """\
upstreams:
- {name: a, type: service, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}}
- {name: h, type: service, load_balancer: {type: maglev}, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}}
"""
HASHED = "hash_policy: [{source_ip: true}]"


def told(*routes: str) -> list[str]:
    """Return field and problem of each finding about *routes*; none of them is an error."""
    text = "name: default\nroutes:\n" + "".join(f"- {{{route}}}\n" for route in routes)
    report = translated(UPSTREAMS, text).reports["VirtualService/default"]
    assert report.state is State.ACCEPTED, report
    return [f"{problem.field}: {problem.problem}" for problem in report.problems]


def to(upstream: str, extensions: str = "", matcher: str = "") -> str:
    sent = f"request_matcher: {{{matcher}}}, single_destination: {{upstream: {{name: {upstream}}}}}"
    return f"{sent}, extensions: {{{extensions}}}" if extensions else sent


def test_a_hash_that_no_destination_asks_for_is_told() -> None:
    (found,) = told(to("a", HASHED))
    assert found.startswith("routes[0].extensions.hash_policy: has no effect: no destination balances by a hash (a by")


def test_hosts_that_are_chosen_by_a_hash_of_nothing_are_told_once() -> None:
    found = told(to("h", "", "path_prefix: /a"), to("h", "timeout: 1s"))
    assert found == ["routes[0]: h balances by maglev, and without a hash policy it chooses hosts at random"]


def test_a_hash_in_its_place_is_not_told_and_other_routes_may_go_without() -> None:
    assert told(to("h", HASHED, "path_prefix: /a"), to("h")) == []
    shared = "multiple_destinations: [{upstream: {name: a}, weight: 1}, {upstream: {name: h}, weight: 1}]"
    assert told(f"request_matcher: {{}}, {shared}, extensions: {{{HASHED}}}") == []


@pytest.mark.parametrize("verb", ["'*'", "GTE", "M-SEARCH", "CONNECT"])
def test_a_method_that_envoy_refuses_is_told(verb: str) -> None:
    (found,) = told(to("a", "", f"verbs: [GET, {verb}]"))
    assert found.startswith("routes[0].request_matcher.verbs[1]: over HTTP/1.1 Envoy answers")


def test_methods_in_any_case_are_methods() -> None:
    assert told(to("a", "", "verbs: [get, Post, PROPFIND, PURGE]")) == []


def test_a_rewrite_to_nothing_is_told() -> None:
    assert told(f"{to('a')}, prefix_rewrite: ''") == ["routes[0].prefix_rewrite: an empty text rewrites nothing"]


def test_a_try_that_is_longer_than_all_tries_is_told() -> None:
    (found,) = told(to("a", "timeout: 1s, retries: {per_try_timeout: 2s}"))
    assert found == "routes[0].extensions.retries.per_try_timeout: 2s has no effect: all tries together have 1s"
    assert told(to("a", "retries: {per_try_timeout: 20s}"))
    assert told(to("a", "timeout: 0s, retries: {per_try_timeout: 20s}")) == []
    assert told(to("a", "timeout: 2s, retries: {per_try_timeout: 2s}")) == []


def test_a_share_of_nothing_is_told() -> None:
    (found,) = told(to("a", "mirror: {upstream: h, percentage: 0.00001}"))
    assert found == "routes[0].extensions.mirror.percentage: 0.000010% of the requests are none for Envoy"
    (found,) = told(to("a", "faults: {abort: {http_status: 503, percentage: 0.00001}}"))
    assert found.startswith("routes[0].extensions.faults.abort.percentage: ")
    assert told(to("a", "mirror: {upstream: h, percentage: 0}")) == []


@pytest.mark.parametrize(
    "origin", ["shop.example.org", "https://x/", "https://*.x", "https://X.org", "https://x:443", "https://ü.org"]
)
def test_an_origin_that_no_browser_sends_is_told(origin: str) -> None:
    (found,) = told(to("a", f"cors: {{allow_origin: ['https://ok.org', '{origin}']}}"))
    assert found == f"routes[0].extensions.cors.allow_origin[1]: {origin!r} is never sent by a browser"


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://x", "http://x:443", "http://[::1]:80080", "chrome-extension://abc", "https://xn--tda.org"],
)
def test_an_origin_that_browsers_send_is_not_told(origin: str) -> None:
    assert told(to("a", f"cors: {{allow_origin: ['{origin}']}}")) == []


@pytest.mark.parametrize(
    ("matcher", "field"),
    [
        (r"path_regex: '/re\?x=1'", "request_matcher.path_regex"),
        ("query_params: {'a&b': ''}", 'request_matcher.query_params["a&b"]'),
        ("query_params: {a: '1&2'}", "request_matcher.query_params.a"),
        ("query_params: {a: 'ü'}", "request_matcher.query_params.a"),
        ("cookies: {a: '1;2'}", "request_matcher.cookies.a"),
    ],
)
def test_what_no_request_has_is_told_and_takes_no_request(matcher: str, field: str) -> None:
    (found,) = told(to("a", "", matcher), to("a"))
    assert found.startswith(f"routes[0].{field}: ")


def test_a_redirect_of_a_prefix_behind_a_regex_is_warned_of() -> None:
    for kind, found in (("path_regex: /a.*", 1), ("path_prefix: /a", 0)):
        text = f"name: shop\nroutes:\n- request_matcher: {{{kind}}}\n  extensions: {{redirect: {{prefix: /b}}}}\n"
        status = translated(text).reports["VirtualService/shop"]
        assert [(each.field, each.warning) for each in status.problems] == [
            ("routes[0].extensions.redirect.prefix", True)
        ] * found


FUNCTIONS = """\
upstreams:
- name: f
  type: service
  spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
  service_info: {type: REST}
  functions: [{name: get, spec: {path: "/{{ id }}"}}]
"""
TEMPLATE = "response_template: {body: x}"


def test_what_only_a_function_reads_is_told_where_the_route_goes_to_none() -> None:
    (found,) = told(to("a", TEMPLATE))
    said = "has no effect: the route goes to no function that reads it"
    assert found == f"routes[0].extensions.response_template: {said}"
    redirect = "request_matcher: {}, extensions: {redirect: {path: /a}, parameters: {path: '/{id}'}}"
    assert told(redirect) == [f"routes[0].extensions.parameters: {said}"]


def test_where_one_of_several_destinations_is_a_function_only_answers_that_stay_as_they_are_are_told() -> None:
    both = "[{upstream: {name: f}, weight: 1}, {function: {upstream_name: f, function_name: get}, weight: 1}]"
    route = f"{{request_matcher: {{}}, multiple_destinations: {both}, extensions: {{responseTemplate: {{body: x}}}}}}"
    text = f"name: default\nroutes:\n- {route[:-2]}, parameters: {{path: '/{{id}}'}}}}}}\n"
    report = translated(FUNCTIONS, text).reports["VirtualService/default"]
    (found,) = [problem for problem in report.problems if "no effect" in problem.problem]
    assert found.field == "routes[0].extensions.responseTemplate"
    assert found.problem.startswith("has no effect on answers of multiple_destinations[0]")


@pytest.mark.parametrize("key", ["max_request_bytes", "maxRequestBytes"])
def test_a_limit_of_events_that_does_not_hold_for_all_of_them_is_told(key: str) -> None:
    route = "event_matcher: {event_type: a}, single_destination: {upstream: {name: a}}, extensions: {%s: 20}"
    (found,) = told(route % key)
    assert found.startswith("routes[0].extensions.max_request_bytes: does not hold for events in structured mode")
