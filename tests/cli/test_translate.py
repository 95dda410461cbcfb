"""gloo translate: what Envoy would get, readable and without secrets."""

from pathlib import Path

from tests.cli.command_line import gloo, told

from gloo.model.text import parse_text


def test_resources_are_listed_by_role_and_type(folder: Path) -> None:
    gloo("route", "add", "--path-prefix", "/pet", "--upstream", "petstore", "-d", folder)
    found = told("translate", folder)
    assert [cluster["name"] for cluster in found["ingress"]["clusters"]] == ["petstore"]
    hosts = found["ingress"]["routes"][0]["virtual_hosts"]
    assert hosts[0]["domains"] == ["*"]
    assert parse_text(gloo("translate", folder).stdout)[0].keys() == {"ingress"}


def test_long_texts_are_shown_when_asked_for(folder: Path) -> None:
    assert "envoy_on_request" not in gloo("translate", folder).stdout
    assert "envoy_on_request" in gloo("translate", folder, "--full").stdout


def test_a_role_can_be_picked(folder: Path) -> None:
    assert list(told("translate", folder, "--role", "ingress")) == ["ingress"]
    assert "(did you mean 'ingress'?)" in gloo("translate", folder, "--role", "ingres", status=1).stderr


def test_findings_are_counted_beside_the_result(folder: Path) -> None:
    (folder / "upstreams/odd.yaml").write_text("name: odd\ntype: servce\n")
    assert f"1 finding (gloo check {folder} lists them)" in gloo("translate", folder).stderr


def test_certificates_are_named_but_not_shown(folder: Path) -> None:
    file = folder / "upstreams/petstore.yaml"
    file.write_text(file.read_text().replace("8081", "443"))
    secret = told("translate", folder)["ingress"]["secrets"]
    assert secret == [{"name": "gloo-trusted-roots", "validation_context": "(not shown)"}]
