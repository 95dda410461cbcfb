"""A folder as it would be run, without running it."""

from pathlib import Path

import pytest

from gloo.control_plane.offline import translate_folder
from gloo.control_plane.state import StateFolder
from gloo.discovery.known import Known
from gloo.discovery.wanted import wanted_of
from gloo.errors import StorageError
from gloo.model.status import State
from gloo.model.upstream import Function
from gloo.plugins.registry import BUILT_IN, Plugins
from gloo.translator import Gateway

GOOD = "name: a\ntype: service\nspec: {hosts: [{addr: 127.0.0.1, port: 80}]}\n"
FAAS = """\
upstreams:
- {name: faas, type: openfaas, spec: {gateway: "http://127.0.0.1:1"}, discovery: {functions: true}}
virtual_services:
- name: shop
  routes:
  - request_matcher: {path_prefix: /}
    single_destination: {function: {upstream_name: faas, function_name: f}}
"""
LOCAL = "local, spec: {module: shop.py}"


def test_a_folder_gives_verdicts_and_what_envoy_would_get(tmp_path: Path) -> None:
    (tmp_path / "upstreams").mkdir()
    (tmp_path / "upstreams" / "a.yaml").write_text(GOOD)

    found = translate_folder(tmp_path, Gateway())

    assert found.translation.reports["Upstream/a"].state is State.ACCEPTED
    assert "ingress" in found.translation.snapshots
    assert found.problems == ()


def test_a_file_that_can_not_be_read_is_a_problem_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [\n")

    found = translate_folder(tmp_path, Gateway())

    assert [problem.file for problem in found.problems] == ["broken.yaml"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        translate_folder(tmp_path / "none", Gateway())


def test_keys_that_would_be_asked_for_are_not_waited_for(tmp_path: Path) -> None:
    spec = "{region: eu-west-1, account_id: '123456789012', role_arn: 'arn:aws:iam::123456789012:role/r'}"
    (tmp_path / "gloo.yaml").write_text(f"upstreams:\n- name: a\n  type: aws\n  spec: {spec}\n")

    found = translate_folder(tmp_path, Gateway())

    assert found.translation.reports["Upstream/a"].state is State.ACCEPTED


def test_functions_that_were_discovered_before_are_taken_and_those_of_another_place_are_not(tmp_path: Path) -> None:
    file, state = tmp_path / "gloo.yaml", tmp_path / "state"
    file.write_text(FAAS)
    before = translate_folder(tmp_path, Gateway(), state)
    assert (before.known, before.translation.reports["VirtualService/shop"].state) == ({"faas": None}, State.PENDING)

    question = wanted_of(before.config, Plugins.of(BUILT_IN))["faas"].question
    with StateFolder(state).opened() as opened:
        opened.record_discovered({"faas": Known(question=question, functions=(Function(name="f"),), answered=1)})
    after = translate_folder(tmp_path, Gateway(), state)
    assert after.translation.reports["VirtualService/shop"].state is State.ACCEPTED
    assert after.config.upstreams["faas"].discovered == {"f"}

    file.write_text(FAAS.replace("127.0.0.1:1", "127.0.0.1:2"))
    assert translate_folder(tmp_path, Gateway(), state).known == {"faas": None}


def test_functions_that_stand_in_a_file_need_no_answer_of_before(tmp_path: Path) -> None:
    (tmp_path / "gloo.yaml").write_text(FAAS.replace('openfaas, spec: {gateway: "http://127.0.0.1:1"}', LOCAL))
    (tmp_path / "shop.py").write_text("def f(event, context): ...\n")
    found = translate_folder(tmp_path, Gateway())
    assert found.translation.reports["VirtualService/shop"].state is State.ACCEPTED
    assert found.read == {"faas"}
    (tmp_path / "shop.py").write_text("def f(\n")
    reports = translate_folder(tmp_path, Gateway()).translation.reports
    assert reports["VirtualService/shop"].state is State.PENDING
    (problem,) = reports["Upstream/faas"].problems
    assert (problem.warning, problem.problem.startswith("shop.py:1 is no Python")) == (True, True)
