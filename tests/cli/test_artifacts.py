"""Every command that walks the road without a gateway reads the same artifacts, and tells the same of them."""

import json
from pathlib import Path

import pytest
from tests.cli.command_line import gloo, told

CONFIG = """\
upstreams:
- name: pets
  type: service
  spec: {hosts: [{addr: 127.0.0.1, port: 8081}]}
  service_info: {type: REST}
  functions:
  - name: terms
    spec:
      path: /terms
      headers: {x-terms: '{{ data_source("terms") }}'}
      body: '-{{ data_source("terms") }}'
      data_sources:
        terms: {filename: terms.txt}
virtual_services:
- name: default
  routes:
  - request_matcher: {path_exact: /terms}
    single_destination: {function: {upstream_name: pets, function_name: terms}}
"""
TESTS = """\
name: the terms
request: {method: POST, path: /terms}
expect: {upstream_request: {body: '-be nice'}}
---
name: nothing
request: {method: POST, path: /terms}
expect: {response: {status: 500}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder whose function waits for its text, with a test for that case and one for the other."""
    for name in ("artifacts", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "gloo.yaml").write_text(CONFIG)
    (tmp_path / "tests" / "terms.yaml").write_text(TESTS)
    return tmp_path


def passed(shop: Path, *options: str) -> list[bool]:
    verdicts = json.loads(gloo("test", shop, *options, "-o", "json", status=1).stdout)
    return [each["passed"] for each in verdicts]


def test_they_know_the_text(shop: Path) -> None:
    (shop / "artifacts" / "terms.txt").write_text("be nice")
    gloo("check", shop, "--strict")
    assert '"be nice"' in gloo("translate", shop).stdout
    assert "-be nice" in gloo("explain", "POST", "/terms", shop).stdout
    assert passed(shop) == [True, False]
    assert passed(shop, "--envoy") == [True, False]
    assert [each["works"] for each in told("functions", "-d", shop)] == [True]
    assert "-be nice" in gloo("call", "pets/terms", "-d", shop, "--dry-run").stdout


def test_they_know_that_it_is_missing(shop: Path) -> None:
    problem = "functions[0].spec.data_sources.terms.filename: there is no artifact 'terms.txt'"
    assert f"gloo.yaml:13: Upstream/pets: {problem}" in gloo("check", shop, status=1).stdout
    assert "route_error" in gloo("translate", shop).stdout
    assert "500" in gloo("explain", "POST", "/terms", shop).stdout
    assert passed(shop) == [False, True]
    assert passed(shop, "--envoy") == [False, True]
    assert [each["works"] for each in told("functions", "-d", shop)] == [False]
    assert "no function 'pets/terms' that works" in gloo("call", "pets/terms", "-d", shop, status=1).stderr
    (function,) = told("get", "functions", "-d", shop)
    assert "Pending" in str(function)


def test_they_know_that_it_can_not_be_used(shop: Path) -> None:
    (shop / "artifacts" / "terms.txt").symlink_to(shop / "gloo.yaml")
    problem = "artifact 'terms.txt' leads out of the folder artifacts (put the file itself there)"
    assert problem in gloo("check", shop, status=1).stdout
    assert passed(shop, "--envoy") == [False, True]
