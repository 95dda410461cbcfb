"""All faults of an upstream that is left out are told at once, and none that follows from another."""

import pytest
from tests.support.translating import clusters, translated

from gloo.model.status import Problem, State

GOOD = "name: a\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"
SERVICE = "service_info: {type: REST, properties: {b: 1}}\n"
WAITING = "name: a\ntype: aws\nspec: {region: eu-west-1, account_id: '123456789012', secret_ref: gone}\n"


def problems(text: str) -> tuple[Problem, ...]:
    translation = translated(text)
    assert list(clusters(translation)) == []
    (status,) = translation.reports.values()
    assert all(each.file and each.line for each in status.problems)
    assert len({each.field for each in status.problems}) == len(status.problems)
    return status.problems


def fields(text: str) -> set[str]:
    return {each.field for each in problems(text)}


def test_options_spec_and_functions_are_told_together() -> None:
    text = """\
name: a
type: service
connection_timeout: soon
load_balancer: {type: fastest}
spec: {hosts: [{addr: localhost, port: 0}]}
service_info: {type: REST}
functions:
- {name: f, spec: {body: "{{ nope(1) }}"}}
- {name: g, timeout: soon, spec: {body: "{{ nope(1) }}"}}
- {name: h, spec: {body: "{{ fine }}"}}
- {name: i, spec: {body: "{{ nope(1) }}"}}
"""
    assert {(each.field, each.line) for each in problems(text)} == {
        ("connection_timeout", 3),
        ("load_balancer.type", 4),
        ("spec.hosts[0].port", 5),
        ("functions[0].spec.body", 8),
        ("functions[1].timeout", 9),
        ("functions[1].spec.body", 9),
        ("functions[3].spec.body", 11),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "name: a\ntype: service\nspec: {hosts: [{addr: a, port: 0}]}\nservice_info: {type: RSET}\n",
            {"spec.hosts[0].port", "service_info.type"},
        ),
        ("name: a\ntype: servce\nconnection_timeout: 0s\n", {"type", "connection_timeout"}),
        (
            "name: A_B\ntype: service\nspec: {hosts: [{addr: 'http://a', port: 80}]}\n",
            {"name", "spec.hosts[0].addr"},
        ),
        (
            f"{GOOD}connection_timeout: 0s\n{SERVICE}functions: [{{name: a, spec: {{b: 1}}}}]\n",
            {"connection_timeout", "service_info.properties.b", "functions[0].spec.b"},
        ),
        (
            f"{WAITING}connection_timeout: 0s\nssl_config: {{secret_ref: gone2}}\n",
            {"connection_timeout", "spec.secret_ref", "ssl_config.secret_ref"},
        ),
    ],
)
def test_all_parts_are_checked(text: str, told: set[str]) -> None:
    assert fields(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "servce_info: {type: REST}\nfunctions: [{name: f, spec: {path: /a}}]\n", {"servce_info"}),
        (GOOD + "service_info: 5\nfunctions: [{name: f, spec: {path: /a}}]\n", {"service_info"}),
        ("name: a\ntyp: service\nspec: {hosts: 5}\n", {"typ", "type"}),
        ("name: a\ntype: service\nspc: {hosts: 5}\n", {"spc"}),
        ("name: a\ntype: service\nspec: 5\n", {"spec"}),
        (WAITING + "bogus: 1\n", {"bogus"}),
    ],
)
def test_what_follows_from_a_fault_is_not_told(text: str, told: set[str]) -> None:
    assert fields(text) == told


def test_an_upstream_that_waits_is_waited_for_whatever_its_functions_are() -> None:
    text = WAITING + "functions: [{name: f, spec: {b: 1}}]\n"
    call = "{function: {upstream_name: a, function_name: f}}"
    service = f"name: shop\nroutes: [{{request_matcher: {{}}, single_destination: {call}}}]"
    reports = translated(text, service).reports
    assert reports["Upstream/a"].state is State.REJECTED
    assert {each.field for each in reports["Upstream/a"].problems} == {"spec.secret_ref", "functions[0].spec.b"}
    assert reports["VirtualService/shop"].state is State.PENDING


def test_a_bug_in_what_looks_for_more_is_told_beside_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*_: object) -> None:
        raise ValueError("words that may hold a secret")

    monkeypatch.setattr("gloo.translator.upstream_faults._service", boom)
    translation = translated(f"{GOOD}connection_timeout: 0s\n")
    first, *others = translation.reports["Upstream/a"].problems
    assert first.field == "connection_timeout"
    assert [each.problem.startswith("a bug in gloo: ValueError") for each in others] == [True]
    assert [(bug.ref, bug.kind) for bug in translation.bugs] == [("Upstream/a", "ValueError")]
