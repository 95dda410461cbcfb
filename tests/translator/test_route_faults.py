"""All faults of a route are told at once, and none that follows from another."""

import pytest
from tests.support.translating import routes, translated

UPSTREAM = """
name: a
type: service
spec: {hosts: [{addr: 127.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- {name: f, spec: {path: "/x/{{ extraction('id') }}"}}
"""
AT = "routes[0]."
TO_A = "single_destination: {upstream: {name: a}}"
TO_GONE = "single_destination: {upstream: {name: gone}}"
GONE = "single_destination.upstream.name"
VERBS = "{path_prefix: /a, verbs: [A B, GET, C D], headers: {'a b': c}}"
TWO = "[{upstream: {name: gone}, weight: 0}, {upstream: {name: gone2}, weight: 1}]"
MATCHER = "request_matcher: {path_prefix: /a}"


def told(route: str) -> set[str]:
    """Return the fields, below the route, of all that is told about it."""
    problems = translated(UPSTREAM, f"name: shop\nroutes:\n- {{{route}}}\n").reports["VirtualService/shop"].problems
    assert all((each.file, each.line) == ("config-2.yaml", 3) for each in problems)
    assert len({each.field for each in problems}) == len(problems)
    return {each.field.removeprefix(AT) for each in problems}


@pytest.mark.parametrize(
    ("route", "fields"),
    [
        (
            f"{MATCHER}, {TO_A}, extensions: {{timeout: soon, max_retries: many, cors: {{allow_origin: 5}}, bogus: 1}}",
            {"extensions.timeout", "extensions.max_retries", "extensions.cors.allow_origin", "extensions.bogus"},
        ),
        (f"{MATCHER}, {TO_GONE}, extensions: {{max_retries: many}}", {"extensions.max_retries", GONE}),
        (
            f"request_matcher: {VERBS}, {TO_GONE}, extensions: {{mirror: {{upstream: gone2}}}}",
            {
                "request_matcher.verbs[0]",
                "request_matcher.verbs[2]",
                'request_matcher.headers["a b"]',
                "extensions.mirror.upstream",
                GONE,
            },
        ),
        (
            "event_matcher: {event_type: a, path: b, source: {regex: '('}, subject: {regex: '('}}, " + TO_GONE,
            {"event_matcher.path", "event_matcher.source.regex", "event_matcher.subject.regex", GONE},
        ),
        (
            f"{MATCHER}, prefix_rewrite: 'a?b', bogus: 1, extensions: {{timeout: soon}}, multiple_destinations: {TWO}",
            {
                "bogus",
                "prefix_rewrite",
                "extensions.timeout",
                "multiple_destinations[0].weight",
                "multiple_destinations[0].upstream.name",
                "multiple_destinations[1].upstream.name",
            },
        ),
        (
            f"{MATCHER}, {TO_A}, extensions: {{remove_request_headers: ['a b'], host_rewrite: 'a b', timeout: 1ns}}",
            {"extensions.remove_request_headers[0]", "extensions.host_rewrite", "extensions.timeout"},
        ),
        (
            f"{MATCHER}, {TO_A}, extensions: {{max_retries: many, retries: {{retry_on: bogus}}}}",
            {"extensions.max_retries", "extensions.retries.retry_on"},
        ),
        (
            "request_matcher: {path_prefix: a}",
            {"request_matcher.path_prefix", "routes[0]"},
        ),
        (
            f"request_matcher: {{path_prefix: a}}, {TO_A}, extensions: {{direct_response: {{status: 200}}}}",
            {"request_matcher.path_prefix", "extensions.direct_response"},
        ),
    ],
)
def test_all_faults_of_a_route_are_told(route: str, fields: set[str]) -> None:
    assert told(route) == fields


CALL = "single_destination: {function: {upstream_name: a, function_name: f}}"


def test_a_call_without_its_parameters_is_a_fault_where_they_are_not_faulty_themselves() -> None:
    assert told(f"{MATCHER}, {CALL}, prefix_rewrite: 'a?b'") == {"prefix_rewrite", "routes[0]"}


@pytest.mark.parametrize(
    ("route", "field"),
    [
        (f"{MATCHER}, {CALL}, extnsions: {{parameters: {{path: '/a/{{id}}'}}}}", "extnsions"),
        (f"{MATCHER}, {CALL}, extensions: {{paramters: {{path: '/a/{{id}}'}}}}", "extensions.paramters"),
        (f"{MATCHER}, {CALL}, extensions: {{parameters: {{path: 5}}}}", "extensions.parameters.path"),
        (f"request_macher: {{path_prefix: /a}}, {TO_A}", "request_macher"),
        (f"{MATCHER}, single_destnation: {{upstream: {{name: a}}}}", "single_destnation"),
        (
            f"{MATCHER}, single_destnation: {{}}, extensions: {{redirect: {{https: true}}, timeout: 3s}}",
            "single_destnation",
        ),
        (f"{MATCHER}, extensions: {{redirect: {{https: 5}}}}", "extensions.redirect.https"),
        (
            f"{MATCHER}, {TO_A}, extensions: {{retries: {{hedge: true, per_try_timeout: soon}}}}",
            "extensions.retries.per_try_timeout",
        ),
    ],
)
def test_what_follows_from_a_fault_is_not_told(route: str, field: str) -> None:
    assert told(route) - {"request_matcher", "event_matcher"} == {field}


def test_clients_are_told_of_the_first_fault_as_long_as_it_is_there() -> None:
    service = "name: shop\nroutes:\n- {request_matcher: {path_prefix: /a, verbs: [A B]}, %s}\n"
    alone, both = (routes(translated(UPSTREAM, service % to), "shop") for to in (TO_A, TO_GONE))
    assert alone == both


def test_a_bug_in_what_looks_for_more_is_told_beside_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*_: object) -> None:
        raise ValueError("words that may hold a secret")

    monkeypatch.setattr("gloo.translator.route_faults.check_prefix_rewrite", boom)
    translation = translated(UPSTREAM, f"name: shop\nroutes:\n- {{{MATCHER}, {TO_GONE}, extensions: {{bogus: 1}}}}\n")
    first, *others = translation.reports["VirtualService/shop"].problems
    assert first.field == f"{AT}extensions.bogus"
    assert [each.problem.startswith("a bug in gloo: ValueError") for each in others] == [True]
    assert [(bug.ref, bug.kind) for bug in translation.bugs] == [("VirtualService/shop", "ValueError")]
    assert len(routes(translation, "shop")) == 1
