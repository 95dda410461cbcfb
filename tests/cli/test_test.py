"""gloo test: the tests beside a configuration, offline and through a real Envoy."""

import asyncio
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.cli.command_line import gloo, told
from tests.support.tokens import Issuer
from tests.support.translating import config_of

from gloo.cli.trial import running_trial
from gloo.control_plane.settings import Settings
from gloo.control_plane.state import read_statuses
from gloo.model.status import State

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*/config/tests"))
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


def test_a_field_that_no_test_has_is_told_with_the_nearest(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(PASSES.replace("path:", "pth:", 1))
    assert "\n      unknown field (did you mean 'path'?)\n" in gloo("test", shop, status=1).stdout


@pytest.mark.parametrize(("asked", "why"), [("method: post, path: /pet/", "post"), ("path: /pet/ü", "no target")])
def test_a_request_that_envoy_does_not_take_is_told_why(shop: Path, asked: str, why: str) -> None:
    (shop / "tests/a.yaml").write_text(f"name: a\nrequest: {{{asked}}}\nexpect: {{upstream_request: {{}}}}\n")
    (line,) = (each for each in gloo("test", shop, status=1).stdout.splitlines() if "upstream_request" in each)
    assert line.strip().startswith("upstream_request: expected a request, got an answer of the gateway: 400 (")
    assert why in line


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


def test_a_real_envoy_and_the_offline_answer_agree_on_what_clients_get(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(HERE / "answers.yaml", tmp_path / "answers.yaml")
    shutil.copy(HERE / "answers_tests.yaml", tmp_path / "tests/answers.yaml")
    found = told("test", tmp_path, "--envoy")
    assert len(found) > 20
    assert [each for each in found if not each["passed"] or each["skipped"]] == []


@pytest.mark.parametrize("tests", EXAMPLES, ids=lambda tests: tests.parents[1].name)
def test_the_tests_of_an_example_hold_on_both_roads(tests: Path) -> None:
    assert [each for each in told("test", tests.parent, "--envoy") if not each["passed"] or each["skipped"]] == []


def test_what_the_upstream_answers_has_to_be_said_to_expect_a_response(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(
        PASSES.replace("{upstream_request: {path: /pets/7}}", "{response: {status: 200}}")
    )
    assert "upstream_response says what the upstream answers" in gloo("test", shop, status=1).stdout
    said = "expect: {response: {status: 404}}\nupstream_response: {status: 404}\n"
    (shop / "tests/a.yaml").write_text(PASSES.partition("expect:")[0] + said)
    gloo("test", shop)


def test_answers_to_head_and_headers_beyond_ascii_are_alike_on_both_roads(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(
        "name: head\nrequest: {method: HEAD, path: /pet/, body: no JSON}\nexpect: {response: {status: 400}}\n"
        "---\nname: letters\nrequest: {path: /pet/, json: {id: 7}}\n"
        "upstream_response: {status: 200, headers: {x-up: é}}\n"
        "expect: {response: {status: 200, headers: {x-up: é}}}\n"
    )
    assert [each["passed"] for each in told("test", shop, "--envoy")] == [True, True]


def test_an_envoy_that_does_otherwise_makes_a_test_fail(shop: Path) -> None:
    file = shop / "virtual_services/default.yaml"
    broken = "  extensions: {faults: {abort: {percentage: 99.9999, http_status: 418}}}\n"
    file.write_text(file.read_text() + broken)
    (shop / "tests/a.yaml").write_text(f"upstream_response: {{status: 200}}\n{PASSES}")
    assert "Envoy does otherwise: outcome: expected a request" in gloo("test", shop, "--envoy", status=1).stdout


def test_what_no_stand_in_can_play_is_skipped_aloud(shop: Path) -> None:
    (shop / "tests/a.yaml").write_text(PASSES.replace("path: /pet/,", "path: 'https://a.test/pet/',"))
    assert "(Envoy is not asked over TLS)" in gloo("test", shop, "--envoy", status=1).stdout


def test_tokens_are_verified_by_the_keys_of_a_secret_and_those_that_are_fetched_are_skipped_aloud(
    tmp_path: Path,
) -> None:
    issuer, other = Issuer(), Issuer(name="https://other.example")
    providers = {
        "idp": {"issuer": issuer.name, "jwks": {"secret_ref": "keys"}, "claims_to_headers": {"sub": "x-user"}},
        "far": {"issuer": other.name, "jwks": {"url": "http://idp.test/keys", "upstream": "b"}},
    }
    there = {"single_destination": {"upstream": {"name": "b"}}, "extensions": {"jwt": {"any": ["idp", "far"]}}}
    host = {"addr": "127.0.0.1", "port": 1}
    config = {
        "upstreams": [{"name": "b", "type": "service", "spec": {"hosts": [host]}}],
        "virtual_services": [
            {
                "name": "default",
                "jwt": {"providers": providers},
                "routes": [{"request_matcher": {"path_prefix": "/"}, **there}],
            }
        ],
    }
    write(tmp_path / "config/gloo.yaml", config)
    write(tmp_path / "keys/keys.yaml", {"jwks": json.dumps(issuer.jwks()), "canary": "canary"})
    write(tmp_path / "settings.yaml", {"dir": "config", "secrets_dir": "keys"})
    sent = {"upstream_request": {"path": "/x", "headers": {"x-user": "ann"}}}
    far = {"upstream_request": {"path": "/x"}}
    cases = [
        ("good", issuer.bearer(), sent),
        ("none", {}, {"response": {"status": 401}}),
        ("forged", {"authorization": f"Bearer {Issuer().token()}"}, sent),
        ("fetched", other.bearer(), far),
    ]
    tests = [{"name": n, "request": {"path": "/x", "headers": h}, "expect": e} for n, h, e in cases]
    write(tmp_path / "config/tests/a.yaml", {"tests": tests})
    found = json.loads(gloo("test", "--envoy", "--settings", tmp_path / "settings.yaml", "-o", "json", status=1).stdout)
    assert [(each["passed"], each["skipped"]) for each in found] == [
        (True, ""),
        (True, ""),
        (False, ""),
        (True, "nothing stands in for the keys of far"),
    ]
    assert "Envoy does otherwise: outcome: expected a request to b" in found[2]["failures"][0]


def write(file: Path, content: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.touch(0o600)
    file.write_text(json.dumps(content))


async def test_a_gateway_under_test_asks_aws_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    role = {"account_id": "123456789012", "role_arn": "arn:aws:iam::123456789012:role/shop"}
    spec = {"region": "eu-west-1", **role, "sts_url": url}
    upstream = {"name": "lambda", "type": "aws", "spec": spec, "functions": [{"name": "f"}]}
    config = config_of(json.dumps(upstream), json.dumps({"name": "default", "routes": []}))
    async with server, running_trial(config, Settings(), tmp_path):
        status = read_statuses(tmp_path / ".gloo").statuses.get("Upstream/lambda")
        assert status is None or status.state is State.ACCEPTED
    assert asked == []
