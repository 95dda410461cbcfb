"""What is wrong with `discovery` is told, and keeps nobody from using the upstream."""

import pytest
from tests.support.translating import GATEWAY, PLUGINS, clusters, config_of, translated

from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import translate
from gloo.translator.memo import Memo
from gloo.translator.wanted_secrets import wanted_secrets

FAAS = 'name: a\ntype: openfaas\nspec: {gateway: "http://127.0.0.1:1"}\n'
AZURE = "name: a\ntype: azure\nspec: {function_app_name: shop}\n"
GOOGLE = "name: a\ntype: google\nspec: {region: europe-west1, project_id: example-shop}\n"
SERVICE = "name: a\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 1}]}\n"


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        (f"{SERVICE}discovery: {{functions: true}}\n", "discovery.functions", "an upstream of type 'service' can't be"),
        (f"{FAAS}discovery: {{functions: true, spec: {{nope: 1}}}}\n", "discovery.spec.nope", "unknown field"),
        (f"{FAAS}service_info: {{type: REST}}\ndiscovery: {{functions: true}}\n", "discovery.functions", "no place"),
        (f"{AZURE}discovery: {{functions: true}}\n", "discovery.spec.secret_ref", "is needed"),
        (f"{GOOGLE}discovery: {{functions: true}}\n", "discovery.spec.secret_ref", "is needed"),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_upstream_serves(text: str, field: str, problem: str) -> None:
    translation = translated(text)
    status = translation.reports["Upstream/a"]
    (found,) = status.problems
    assert (status.state, found.field) == (State.REJECTED, field)
    assert problem in found.problem
    assert "a" in clusters(translation)


def test_a_type_that_can_not_be_asked_says_which_can() -> None:
    (found,) = translated(f"{SERVICE}discovery: {{functions: true}}\n").reports["Upstream/a"].problems
    assert {"aws", "azure", "google", "openfaas"} <= set(found.hint.removeprefix("types that can: ").split(", "))


def test_a_missing_secret_is_waited_for_and_the_upstream_serves() -> None:
    text = f"{GOOGLE}discovery: {{functions: true, spec: {{secret_ref: key}}}}\n"
    translation = translated(text)
    status = translation.reports["Upstream/a"]
    assert (status.state, status.problems[0].field) == (State.PENDING, "discovery.spec.secret_ref")
    assert "a" in clusters(translation)
    config = config_of(text, secrets=(Secret("key", {}),))
    assert translate(config, PLUGINS, gateway=GATEWAY).reports["Upstream/a"].state is State.ACCEPTED


def test_secrets_of_questions_are_read_only_where_there_are_questions() -> None:
    text = f"{GOOGLE}discovery: {{functions: true, spec: {{secret_ref: key}}}}\n"
    assert wanted_secrets(config_of(text), PLUGINS, Memo()) == {"key"}
    assert wanted_secrets(config_of(text.replace("true", "false")), PLUGINS, Memo()) == frozenset()


def test_discovery_that_is_off_is_no_fault_anywhere() -> None:
    for text in (SERVICE, FAAS, AZURE, GOOGLE):
        assert translated(f"{text}discovery: {{every: 1m}}\n").reports["Upstream/a"].problems == ()
