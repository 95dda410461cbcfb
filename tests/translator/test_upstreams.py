"""Upstreams to clusters; a bad one is left out, and so is a bad function of a good one."""

import pytest
from tests.support.translating import clusters, routes, translated

from gloo.model.status import State

GOOD = "name: good\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"
REST = """\
name: pets
type: service
spec: {hosts: [{addr: 127.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- name: get
  spec: {path: "/pets/{{ id }}"}
"""


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        ("name: bad\ntype: servce\n", "type", 2),
        ("name: bad\ntype: service\nspec: {hosts: []}\n", "spec.hosts", 3),
        ("name: bad\ntype: service\nspec:\n  hosts:\n  - {addr: a, prt: 1}\n", "spec.hosts[0].prt", 5),
        ("name: bad\ntype: service\nspec:\n  hosts:\n  - {addr: 'http://a', port: 1}\n", "spec.hosts[0].addr", 5),
        ("name: bad\ntype: service\nspec: {hosts: [{addr: a, port: 0}]}\n", "spec.hosts[0].port", 3),
        (GOOD.replace("good", "bad") + "service_info: {type: RSET}\n", "service_info.type", 4),
        (
            GOOD.replace("good", "bad") + "service_info: {type: REST, properties: {a: 1}}\n",
            "service_info.properties.a",
            4,
        ),
    ],
)
def test_a_bad_upstream_is_rejected_with_field_and_line_and_spoils_no_other(text: str, field: str, line: int) -> None:
    translation = translated(GOOD, text)
    assert list(clusters(translation)) == ["good"]
    status = translation.reports["Upstream/bad"]
    assert status.state is State.REJECTED
    assert (status.problems[0].field, status.problems[0].line) == (field, line)
    assert translation.reports["Upstream/good"].state is State.ACCEPTED


def test_the_nearest_type_is_told() -> None:
    (problem,) = translated("name: bad\ntype: servce\n").reports["Upstream/bad"].problems
    assert problem.hint == "did you mean 'service'?"


def test_a_bad_function_leaves_its_upstream_and_the_other_functions_alone() -> None:
    text = REST + "- name: broken\n  spec: {path: '/pets/{{ id'}\n- name: typo\n  spec: {pth: /}\n"
    service = """\
name: default
routes:
- request_matcher: {path_exact: /get}
  single_destination: {function: {upstream_name: pets, function_name: get}}
- request_matcher: {path_exact: /broken}
  single_destination: {function: {upstream_name: pets, function_name: broken}}
"""
    translation = translated(text, service)
    assert [problem.field for problem in translation.reports["Upstream/pets"].problems] == [
        "functions[1].spec.path",
        "functions[2].spec.pth",
    ]
    good, bad = routes(translation, "default")
    assert good["route"]["cluster"] == "pets"
    assert bad["direct_response"]["status"] == 500


def test_a_function_that_may_take_no_time_is_left_out() -> None:
    (problem,) = translated(REST + "- {name: fast, timeout: 3, spec: {path: /}}\n").reports["Upstream/pets"].problems
    assert (problem.field, problem.problem) == ("functions[1].timeout", "3ns is too short")


def test_of_two_functions_with_one_name_the_second_is_reported() -> None:
    (problem,) = translated(REST + "- name: get\n").reports["Upstream/pets"].problems
    assert (problem.field, problem.line) == ("functions[1].name", 8)


def test_functions_of_a_plain_service_are_told_to_need_a_protocol() -> None:
    text = REST.replace("service_info: {type: REST}\n", "")
    (problem,) = translated(text).reports["Upstream/pets"].problems
    assert "service_info" in problem.hint


def test_an_upstream_needs_time_to_connect() -> None:
    upstream = "name: a\ntype: service\nconnection_timeout: 0s\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"
    assert translated(upstream).reports["Upstream/a"].reason == "connection_timeout: 0s is too short"
