"""gloo envoy-config: a bootstrap for Envoys that others start."""

import json
from pathlib import Path

import pytest
from tests.cli.command_line import gloo


def test_the_bootstrap_has_role_and_place(folder: Path) -> None:
    result = gloo("envoy-config", "-d", folder, "--role", "inner", "--name", "one", "--xds-address", "10.0.0.1:18000")
    told = json.loads(result.stdout)
    assert told["node"]["id"] == "inner~one"
    endpoint = told["static_resources"]["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]
    assert endpoint["endpoint"]["address"] == {"socket_address": {"address": "10.0.0.1", "port_value": 18000}}
    assert "it has the ports of ingress" in result.stderr


def test_an_envoy_elsewhere_is_not_held_to_the_memory_of_this_machine_without_a_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("envoy-config", "-d", folder, "--xds-address")
    assert "give GLOO_ENVOY_MEMORY" in gloo(*asked, "10.0.0.1:18000").stderr
    assert gloo(*asked, "18000").stderr == ""
    monkeypatch.setenv("GLOO_ENVOY_MEMORY", "2GiB")
    result = gloo(*asked, "10.0.0.1:18000")
    monitors = json.loads(result.stdout)["overload_manager"]["resource_monitors"]
    assert {monitor["typed_config"].get("max_heap_size_bytes") for monitor in monitors} == {None, 2**31}
    assert result.stderr == ""


def test_place_and_ports_come_from_the_settings_of_the_gateway(folder: Path) -> None:
    (folder / "settings.txt").write_text("dir: .\nxds_socket: xds.sock\nrole_ports: inner=9080:9443\n")
    result = gloo("envoy-config", "--settings", folder / "settings.txt", "--role", "inner")
    assert f'"path": "{folder.absolute()}/xds.sock"' in result.stdout
    assert result.stderr == ""


def test_without_a_place_or_with_a_role_that_is_none_it_says_what_to_give(folder: Path) -> None:
    assert "give --xds-socket or --xds-address" in gloo("envoy-config", "-d", folder, status=2).stderr
    assert "'a~b' is no role" in gloo("envoy-config", "-d", folder, "--role", "a~b", status=2).stderr
