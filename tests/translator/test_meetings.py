"""Features that change each other's effect are told, each at its field; the same features apart are not."""

import json

import pytest
from tests.support.tokens import Issuer
from tests.support.translating import translated

from gloo.model.status import State

UPSTREAMS = """\
upstreams:
- name: rest
  type: service
  spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
  load_balancer: {type: ring_hash}
  service_info: {type: REST}
  functions:
  - {name: path, spec: {path: "/p/{{ id }}"}}
  - {name: query, spec: {path: "/p?user={{ id }}"}}
  - {name: header, spec: {headers: {x-user: fixed}}}
  - {name: copied, spec: {headers: {x-user: "{{ header('authorization') }}"}}}
- {name: keys, type: service, spec: {hosts: [{addr: 10.0.0.1, port: 80}]}}
"""
JWT = f"""jwt:
  providers:
    p: {{issuer: me, jwks: {{inline: '{json.dumps(Issuer().jwks())}'}}, claims_to_headers: {{team: X-Team}}}}
"""
PATH = "single_destination: {function: {upstream_name: rest, function_name: path}}"
HEADER = PATH.replace("function_name: path", "function_name: header")
QUERY = PATH.replace("function_name: path", "function_name: query")
COPIED = PATH.replace("function_name: path", "function_name: copied")
WHOLE = "single_destination: {upstream: {name: rest}}"
REMOVED = "extensions: {host_rewrite: {from_header: x-h}, remove_request_headers: [x-h]}"
SET = ", add_request_headers: [{key: X-User, value: a}]"
FORMAT = SET.replace("value: a", "value: '%REQ(:path)%', format: true")
BY = "extensions: {hash_policy: [%s]%s}"


def told(route: str, service: str = "") -> list[tuple[str, str]]:
    """Return field and problem of each finding about *route*, but those on the texts of this test."""
    text = f"name: default\n{service}\nroutes: [{{{route}}}]\n"
    report = translated(UPSTREAMS, text).reports["VirtualService/default"]
    assert report.state is not State.REJECTED, report
    found = (each for each in report.problems if each.field != "routes[0]")  # where hosts are chosen at random
    return [(each.field.removeprefix("routes[0]."), each.problem) for each in found]


@pytest.mark.parametrize(
    ("route", "field", "problem"),
    [
        (f"request_matcher: {{path_prefix: /p}}, prefix_rewrite: /new, {PATH}", "prefix_rewrite", "a function makes"),
        (
            f"request_matcher: {{}}, {PATH}, extensions: {{regex_rewrite: {{pattern: a, substitution: b}}}}",
            "extensions.regex_rewrite",
            "a function makes",
        ),
        (f"request_matcher: {{}}, {PATH}, {BY % ('{query: user}', '')}", "extensions.hash_policy", "the query 'user'"),
        (f"request_matcher: {{}}, {HEADER}, {BY % ('{header: X-User}', '')}", "extensions.hash_policy", "the header"),
        (
            f"request_matcher: {{}}, {WHOLE}, {BY % ('{header: x-user}', ', remove_request_headers: [X-User]')}",
            "extensions.hash_policy",
            "the header 'x-user' is removed",
        ),
        (
            f"request_matcher: {{}}, {WHOLE}, {BY % ('{header: x-user}', SET)}",
            "extensions.hash_policy",
            "the header 'x-user' is the same for all",
        ),
        (
            f"request_matcher: {{}}, {WHOLE}, {BY % ('{cookie: {name: c, ttl: 1h}}', ', async: true')}",
            "extensions.hash_policy",
            "clients are never given the cookie 'c'",
        ),
        (
            f"request_matcher: {{}}, {WHOLE}, {REMOVED}",
            "extensions.host_rewrite.from_header",
            "has no effect",
        ),
        (
            f"request_matcher: {{}}, {PATH}, extensions: {{async: true, response_template: {{body: x}}}}",
            "extensions.response_template",
            "has no effect: no client waits",
        ),
    ],
)
def test_features_that_meet_are_told(route: str, field: str, problem: str) -> None:
    ((at, said),) = told(route)
    assert at == field
    assert said.startswith(problem)


@pytest.mark.parametrize(
    "route",
    [
        f"request_matcher: {{path_prefix: /p}}, prefix_rewrite: /new, {HEADER}",
        f"request_matcher: {{path_prefix: /p}}, prefix_rewrite: /new, {WHOLE}",
        f"request_matcher: {{}}, {HEADER}, {BY % ('{query: user}', '')}",
        f"request_matcher: {{}}, {QUERY}, {BY % ('{query: user}', '')}",
        f"request_matcher: {{}}, {COPIED}, {BY % ('{header: x-user}', '')}",
        f"request_matcher: {{}}, {WHOLE}, {BY % ('{header: x-user}', FORMAT)}",
        f"request_matcher: {{}}, {PATH}, {BY % ('{header: x-user}', '')}",
        f"request_matcher: {{}}, {WHOLE}, {BY % ('{cookie: {name: c, ttl: 1h}}', '')}",
        f"request_matcher: {{}}, {WHOLE}, {BY % ('{cookie: {name: c}}', ', async: true')}",
        f"request_matcher: {{}}, {PATH}, extensions: {{response_template: {{body: x}}}}",
    ],
)
def test_features_apart_are_not(route: str) -> None:
    assert told(route) == []


@pytest.mark.parametrize(("header", "count"), [("x-team", 1), ("X-TEAM", 1), ("x-other", 0)])
def test_a_route_that_is_chosen_by_a_header_for_claims_is_told(header: str, count: int) -> None:
    found = told(f"request_matcher: {{headers: {{{header}: pets}}}}, {WHOLE}", JWT)
    assert [field for field, _ in found] == [f"request_matcher.headers.{header}"] * count
