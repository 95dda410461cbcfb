"""Extensions are checked and applied with the route they belong to, and never spoil another."""

import pytest
from tests.support.translating import routes, translated, virtual_hosts

from gloo.model.status import State
from gloo.translator import Translation

UPSTREAMS = """
upstreams:
- {name: main, type: service, spec: {hosts: [{addr: 127.0.0.1, port: 81}]}}
- {name: broken, type: nonsense}
"""
MAIN = "single_destination: {upstream: {name: main}}"


def _translated(route: str, upstreams: str = UPSTREAMS) -> Translation:
    service = f"virtual_services: [{{name: shop, routes: [{{request_matcher: {{path_prefix: /}}, {route}}}]}}]"
    return translated(upstreams, service)


def _problem(translation: Translation) -> tuple[str, str]:
    (problem,) = translation.reports["VirtualService/shop"].problems
    return problem.field, problem.problem


@pytest.mark.parametrize(
    ("extensions", "key"),
    [
        ("{redirect: {https: true}}", "redirect"),
        ("{direct_response: {status: 204}, add_response_headers: [{key: a}]}", "direct_response"),
    ],
)
def test_a_route_that_answers_needs_no_destination(extensions: str, key: str) -> None:
    translation = _translated(f"extensions: {extensions}")
    assert translation.reports["VirtualService/shop"].state is State.ACCEPTED
    assert key in routes(translation, "shop")[0]


@pytest.mark.parametrize(
    ("route", "field"),
    [
        (f"{MAIN}, extensions: {{redirect: {{https: true}}}}", "routes[0].extensions.redirect"),
        ("extensions: {redirect: {https: true}, direct_response: {status: 204}}", "routes[0].extensions.redirect"),
        ("prefix_rewrite: /a, extensions: {redirect: {https: true}}", "routes[0].prefix_rewrite"),
        ("extensions: {direct_response: {status: 200}, timeout: 3s}", "routes[0].extensions.timeout"),
        ("extensions: {timeout: 3s}", "routes[0]"),
        (
            f"{MAIN}, prefix_rewrite: /a, extensions: {{regex_rewrite: {{pattern: a}}}}",
            "routes[0].extensions.regex_rewrite",
        ),
        (f"{MAIN}, extensions: {{max_retries: 1, retries: {{}}}}", "routes[0].extensions.max_retries"),
        (
            f"{MAIN}, extensions: {{cors: {{allow_origin_regex: ['(']}}}}",
            "routes[0].extensions.cors.allow_origin_regex[0]",
        ),
        (f"{MAIN}, extensions: {{mirror: {{upstream: nobody}}}}", "routes[0].extensions.mirror.upstream"),
        (f"{MAIN}, extensions: {{mirror: {{upstream: broken}}}}", "routes[0].extensions.mirror.upstream"),
        (f"{MAIN}, extensions: {{timeuot: 3s}}", "routes[0].extensions.timeuot"),
        (f"{MAIN}, extensions: {{timeout: [3s]}}", "routes[0].extensions.timeout"),
    ],
)
def test_a_fault_is_told_by_its_field_and_answered_500(route: str, field: str) -> None:
    translation = _translated(route)
    assert _problem(translation)[0] == field
    assert routes(translation, "shop")[0]["direct_response"]["status"] == 500


def test_camel_case_is_read_too() -> None:
    translation = _translated(f"{MAIN}, extensions: {{maxRetries: 2, hostRewrite: a}}")
    forward = routes(translation, "shop")[0]["route"]
    assert (forward["retry_policy"]["num_retries"], forward["host_rewrite_literal"]) == (2, "a")


def test_a_mirror_to_nobody_waits_for_it() -> None:
    mirrored = f"{MAIN}, extensions: {{mirror: {{upstream: next}}}}"
    assert _translated(mirrored).reports["VirtualService/shop"].state is State.PENDING
    later = f"{UPSTREAMS}- {{name: next, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: 82}}]}}}}\n"
    assert _translated(mirrored, later).reports["VirtualService/shop"].state is State.ACCEPTED


def test_preflights_stand_before_their_route_and_are_no_shadow_of_it() -> None:
    cors = "extensions: {cors: {allow_origin: ['*']}}"
    service = f"""
virtual_services:
- name: shop
  routes:
  - {{request_matcher: {{path_prefix: /a, verbs: [GET]}}, {MAIN}, {cors}}}
  - {{request_matcher: {{path_prefix: /a, verbs: [GET, PUT]}}, {MAIN}, {cors}}}
"""
    translation = translated(UPSTREAMS, service)
    assert translation.reports["VirtualService/shop"].problems == ()
    assert [route["name"] for route in virtual_hosts(translation)["shop"]["routes"]] == [
        "shop/0/preflight",
        "shop/0",
        "shop/1/preflight",
        "shop/1",
    ]
