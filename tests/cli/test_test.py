"""gloo test: the tests beside a configuration, offline and through a real Envoy."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.cli.command_line import gloo, told

HERE = Path(__file__).parent
PASSES = "name: fine\nrequest: {path: /pet/, json: {id: 7}}\nexpect: {upstream_request: {path: /pets/7}}\n"
FAILS = "name: wrong\nrequest: {path: /pet/, json: {id: 7}}\nexpect: {upstream_request: {path: /pets/8}}\n"


@pytest.fixture
def shop(folder: Path) -> Path:
    gloo("route", "add", "--path-prefix", "/pet/", "--function", "petstore/get_pet", "-d", folder)
    (folder / "tests").mkdir()
    return folder


def test_tests_that_hold_end_with_status_0(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(PASSES)
    result = gloo("test", shop)
    assert result.stdout == f"ok    {shop}/tests/a.yaml:1: fine\n"
    assert result.stderr == f"{shop}: 1 test, none failed\n"


def test_a_test_that_fails_says_what_is_different_and_where(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(f"{PASSES}---\n{FAILS}")
    result = gloo("test", shop, status=1)
    assert result.stdout.splitlines()[1:] == [
        f"FAIL  {shop}/tests/a.yaml:5: wrong",
        "      upstream_request.path: expected /pets/8, got /pets/7",
    ]


def test_a_test_that_can_not_be_read_fails(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text("name: x\nexpekt: {}\n")
    (shop / "tests/b.yaml").write_text("name: x\nrequest: {method: G T}\nexpect: {}\n")
    said = gloo("test", shop, status=1).stdout
    assert "expekt" in said
    assert "request.method: 'G T' is no HTTP method" in said


def test_a_folder_without_tests_is_told_as_such(folder: Path) -> None:
    assert "holds no tests" in gloo("test", folder, status=1).stderr


def test_programs_and_ci_systems_get_the_results_too(shop: Path, tmp_path: Path) -> None:
    (shop / "tests/a.yaml").write_text(f"{PASSES}---\n{FAILS}")
    found = gloo("test", shop, "-o", "json", "--junit", tmp_path / "out.xml", status=1)
    assert '"passed": false' in found.stdout
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["fine", "wrong"]


def test_a_real_envoy_does_what_the_offline_answer_says(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(HERE / "roads.yaml", tmp_path / "roads.yaml")
    shutil.copy(HERE / "roads_tests.yaml", tmp_path / "tests/roads.yaml")
    found = told("test", tmp_path, "--envoy")
    assert len(found) > 15
    assert [each for each in found if not each["passed"] or each["skipped"]] == []


def test_what_no_stand_in_can_play_is_skipped_aloud(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(PASSES.replace("path: /pet/,", "path: 'https://a.test/pet/',"))
    assert "(Envoy is not asked over TLS)" in gloo("test", shop, "--envoy", status=1).stdout
