"""gloo get: every kind, every form, and no secret in any of them."""

from pathlib import Path

import pytest
from tests.cli.command_line import gloo, told

from gloo.cli.kinds import ALIASES
from gloo.control_plane.settings import Settings, state_folder
from gloo.control_plane.state import RunningGateway, StateFolder
from gloo.model.status import Problem, State, Status
from gloo.model.text import parse_text

CANARY = "hunter2-canary"
ROUTES = """\
name: default
domains: [pets.example.org]
ssl_config: {secret_ref: cert}
routes:
- request_matcher: {path_prefix: /pet/, verbs: [GET], headers: {x-a: b}, query_params: {q: ""}}
  single_destination: {function: {upstream_name: petstore, function_name: get_pet}}
  extensions: {parameters: {path: "/pet/{id}"}}
- request_matcher: {path_exact: /gone}
  single_destination: {upstream: {name: nowhere}}
- request_matcher: {path_prefix: /typo}
  single_destinatio: {upstream: {name: petstore}}
"""


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/default.yaml").write_text(ROUTES)
    (folder / "secrets").mkdir()
    secret = folder / "secrets/cert.yaml"
    secret.touch(mode=0o600)
    secret.write_text(f"key: {CANARY}\nchain: text\n")
    return folder


def rows(*arguments: str | Path) -> list[list[str]]:
    return [line.split() for line in gloo(*arguments).stdout.splitlines()]


def test_upstreams_have_type_state_and_number_of_functions(shop: Path) -> None:
    assert rows("get", "upstreams", "-d", shop)[1] == ["petstore", "service", "Accepted", "1", "-", "-"]


def test_a_virtual_service_has_domains_certificate_and_reason(shop: Path) -> None:
    row = rows("get", "vs", "-d", shop)[1]
    assert row[:5] == ["default", "pets.example.org", "cert", "Rejected", "3"]
    assert "nowhere" in " ".join(row[5:])


def test_each_route_has_its_own_state(shop: Path) -> None:
    found = told("get", "routes", "-d", shop)
    assert [route["state"] for route in found] == ["Accepted", "Pending", "Rejected"]
    assert [route["index"] for route in found] == [0, 1, 2]
    assert found[2]["route"]["single_destinatio"] == {"upstream": {"name": "petstore"}}
    first = rows("get", "routes", "-d", shop)[1]
    assert first[2:] == ["Prefix", "/pet/", "GET", "x-a:b", "?q", "petstore/get_pet", "Accepted", "-"]


def test_functions_can_be_named_alone_or_by_their_upstream(shop: Path) -> None:
    for name in ("petstore/get_pet", "get_pet", "petstore"):
        assert rows("get", "function", name, "-d", shop)[1] == ["get_pet", "petstore", "written", "Accepted", "-"]


def test_a_reference_that_a_client_saw_is_explained(shop: Path) -> None:
    reference = told("get", "routes", "default/1", "-d", shop)["problems"][0]["reference"]
    said = gloo("get", "problem", reference.upper(), "-d", shop).stdout
    assert "there is no upstream 'nowhere'" in said
    assert f"{shop}/virtual_services/default.yaml:9" in said
    assert f"x-gloo-error: {reference}" in said


def test_an_unknown_reference_is_an_error(shop: Path) -> None:
    assert "there is no problem 'ffffffff'" in gloo("get", "problem", "ffffffff", "-d", shop, status=1).stderr


def test_secrets_show_names_keys_and_users(shop: Path) -> None:
    assert rows("get", "secrets", "-d", shop)[1] == ["cert", "chain,key", "VirtualService/default", "-"]


def test_a_secret_that_is_named_in_vain_is_shown(shop: Path) -> None:
    (shop / "secrets/cert.yaml").unlink()
    assert told("get", "secret", "cert", "-d", shop)["problem"] == "does not exist"


def test_keys_that_no_store_holds_are_no_secrets(shop: Path) -> None:
    cloud = "name: cloud\ntype: aws\nspec: {region: eu-west-1, account_id: '123456789012'}\n"
    (shop / "upstreams" / "cloud.yaml").write_text(cloud)
    assert [row[0] for row in rows("get", "secrets", "-d", shop)[1:]] == ["cert"]


def test_a_store_of_secrets_that_does_not_answer_is_told_of_each(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"SECRET_STORE": "vault", "VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": CANARY}
    for name, value in values.items():
        monkeypatch.setenv(f"GLOO_{name}", value)
    found = told("get", "secret", "cert", "-d", shop)
    assert "Vault at http://127.0.0.1:1 can't be reached" in found["problem"]
    assert CANARY not in gloo("get", "problems", "-d", shop).output
    assert "can't be reached" in gloo("check", shop, status=1).output
    assert "no route matches" in gloo("explain", "GET", "https://pets.example.org/x", shop, status=1).stdout


@pytest.mark.parametrize("kind", list(ALIASES))
@pytest.mark.parametrize("output", ["table", "yaml", "json"])
def test_no_value_of_a_secret_is_in_any_output(shop: Path, kind: str, output: str) -> None:
    result = gloo("get", kind, "-d", shop, "-o", output)
    assert CANARY not in result.output


@pytest.mark.parametrize("kind", ["upstream", "vs"])
def test_yaml_can_be_applied_again_without_a_change(shop: Path, kind: str) -> None:
    (shop / "virtual_services/default.yaml").write_text(ROUTES.replace("destinatio:", "destination:"))
    text = gloo("get", kind, "-d", shop, "-o", "yaml").stdout
    assert "unchanged" in gloo("apply", "-f", "-", "-d", shop, stdin=text).stdout


def test_yaml_of_several_is_a_document_each(shop: Path) -> None:
    assert len(parse_text(gloo("get", "routes", "-d", shop, "-o", "yaml").stdout)) == 3


def test_without_a_gateway_it_says_whose_verdicts_these_are(shop: Path) -> None:
    said = gloo("get", "us", "-d", shop).stderr
    assert f"no gateway runs on {shop}: states are what an offline translation says" in said


def test_with_a_gateway_its_verdicts_count(shop: Path) -> None:
    verdict = Status(state=State.REJECTED, reason="Envoy says no", problems=(Problem(problem="Envoy says no"),))
    with StateFolder(state_folder(Settings(dir=str(shop)))).opened() as state:
        state.record({"Upstream/petstore": verdict}, (), {})
        state.record_running(RunningGateway(pid=1, http="http://localhost:1"))
        assert told("get", "us", "petstore", "-d", shop)["status"]["reason"] == "Envoy says no"
        assert "offline" not in gloo("get", "us", "-d", shop).stderr
        assert told("get", "vs", "default", "-d", shop)["status"]["state"] == "Pending"


def test_a_file_that_can_not_be_read_is_told_beside_the_table(shop: Path) -> None:
    (shop / "broken.yaml").write_text("upstreams: [\n")
    assert f"{shop}/broken.yaml:1: is neither YAML nor JSON" in gloo("get", "us", "-d", shop).stderr


def test_a_misspelt_name_gets_the_nearest_one(shop: Path) -> None:
    assert "(did you mean 'petstore'?)" in gloo("get", "us", "petsore", "-d", shop, status=1).stderr


def test_every_alias_is_the_kind(shop: Path) -> None:
    for kind, aliases in ALIASES.items():
        for alias in aliases:
            assert gloo("get", alias, "-d", shop).stdout == gloo("get", kind, "-d", shop).stdout


def test_what_is_no_kind_is_wrong_use(shop: Path) -> None:
    assert "'pods' is no kind (kinds: upstream," in gloo("get", "pods", "-d", shop, status=2).stderr


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert "holds no upstreams" in gloo("get", "us", "-d", tmp_path).stderr
