"""Texts for templates come from the configuration itself, from an artifact, or from the environment."""

import pytest
from tests.support.translating import config_of, routes, translated

from gloo.model.artifact import Artifact
from gloo.model.status import State, Status

UPSTREAM = """
name: pets
type: service
spec: {hosts: [{addr: 10.0.0.1, port: 80}]}
service_info: {type: REST}
functions:
- {name: plain, spec: {path: /plain}}
- name: terms
  spec:
    path: '/{{ data_source("t") }}'
    data_sources: {t: %s}
"""
SERVICE = """
name: default
routes:
- request_matcher: {path_exact: /plain}
  single_destination: {function: {upstream_name: pets, function_name: plain}}
- request_matcher: {path_exact: /terms}
  single_destination: {function: {upstream_name: pets, function_name: terms}}
"""
FILE = "{filename: legal/terms.txt}"


def verdict(source: str, *artifacts: Artifact) -> Status:
    return translated(UPSTREAM % source, SERVICE, artifacts=artifacts).reports["Upstream/pets"]


def program(source: str, *artifacts: Artifact) -> str:
    *_, found = routes(translated(UPSTREAM % source, SERVICE, artifacts=artifacts), "default")
    return str(found["typed_per_filter_config"]["envoy.filters.http.lua"]["filter_context"]["source"])


def test_an_artifact_becomes_what_the_same_text_inline_becomes() -> None:
    assert program(FILE, Artifact("legal/terms.txt", "be nice\n")) == program('{inline: "be nice\\n"}')


def test_a_variable_becomes_what_env_becomes() -> None:
    written = UPSTREAM.replace('data_source("t")', 'env("FUNCTION_TERMS")') % "{inline: unused}"
    *_, found = routes(translated(written, SERVICE), "default")
    expected = found["typed_per_filter_config"]["envoy.filters.http.lua"]["filter_context"]["source"]
    named = program("{environment_variable: FUNCTION_TERMS}")
    assert named.replace(r"data_source(\"t\")", r"env(\"FUNCTION_TERMS\")") == expected


def test_a_missing_artifact_leaves_its_function_pending_and_the_others_at_work() -> None:
    translation = translated(UPSTREAM % FILE, SERVICE)
    status, service = translation.reports["Upstream/pets"], translation.reports["VirtualService/default"]
    assert (status.state, service.state) == (State.PENDING, State.PENDING)
    (problem,) = status.problems
    assert (problem.field, problem.file, problem.line) == (
        "functions[1].spec.data_sources.t.filename",
        "config.yaml",
        11,
    )
    assert (problem.problem, problem.hint) == (
        "there is no artifact 'legal/terms.txt'",
        "put it into the folder artifacts as legal/terms.txt; it is used once it exists",
    )
    assert [each.problem for each in service.problems] == ["function pets/terms is Pending"]
    *_, plain, terms = routes(translation, "default")
    assert plain["route"]["cluster"] == "pets"
    assert terms["direct_response"]["status"] == 500


@pytest.mark.parametrize(
    ("artifact", "problem", "hint"),
    [
        (
            Artifact("legal/terms.txt", "é" * 2049),
            "artifact 'legal/terms.txt' is 4098 bytes long",
            "a data source has 4096 at most",
        ),
        (
            Artifact("legal/terms.txt", "", "is not UTF-8 text (line 2)", "save it as UTF-8"),
            "artifact 'legal/terms.txt' is not UTF-8 text (line 2)",
            "save it as UTF-8",
        ),
    ],
)
def test_an_artifact_that_can_not_be_used_rejects_its_function(artifact: Artifact, problem: str, hint: str) -> None:
    status = verdict(FILE, artifact)
    assert status.state is State.REJECTED
    (found,) = status.problems
    assert (found.field, found.problem, found.hint) == ("functions[1].spec.data_sources.t.filename", problem, hint)


def test_an_artifact_may_have_4096_bytes() -> None:
    assert verdict(FILE, Artifact("legal/terms.txt", "é" * 2048)).state is State.ACCEPTED


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{}", "takes exactly one of inline, filename, environment_variable; none is given"),
        ("{inline: a, filename: b}", "takes exactly one of inline, filename, environment_variable; inline, filename"),
        ("{filename: /etc/passwd}", "filename '/etc/passwd' is no path below the folder artifacts"),
        ("{filename: ../secrets/aws.yaml}", "filename '../secrets/aws.yaml' is no path below the folder artifacts"),
        ("{filename: legal/../../a}", "filename 'legal/../../a' is no path below the folder artifacts"),
        ("{filename: legal/.hidden}", "filename 'legal/.hidden' is no path below the folder artifacts"),
        ("{filename: ''}", "filename '' is no path below the folder artifacts"),
        ("{environment_variable: HOME}", "environment_variable 'HOME' is not open to functions"),
    ],
)
def test_a_source_that_can_not_be_is_refused_with_its_place(source: str, problem: str) -> None:
    (found,) = verdict(source).problems
    assert found.field == "functions[1].spec.data_sources.t"
    assert problem in found.problem


def test_two_names_of_one_artifact_have_the_same_text() -> None:
    text = UPSTREAM.replace('"t"', '"a-b"') % f"{FILE}, a-b: {FILE}"
    reports = translated(text, artifacts=(Artifact("legal/terms.txt", "x"),)).reports
    assert reports["Upstream/pets"].state is State.ACCEPTED


def test_a_configuration_without_artifacts_has_none() -> None:
    assert config_of(UPSTREAM % "{inline: a}").artifacts == {}
