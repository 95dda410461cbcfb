"""A secret's value shows nowhere: a canary is planted, and every output searched for it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.translating import config_of

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.tls import trusted_roots
from gloo.model.secret import Secret
from gloo.model.text import dump_yaml

CANARY = "canary-51d07b"
UPSTREAM = "name: a\ntype: service\nspec: {hosts: [{addr: 10.0.0.1, port: 80}]}\n"


def test_a_configuration_with_secrets_shows_none_when_it_is_printed_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    config = config_of(UPSTREAM, secrets=(Secret("s", {"key": CANARY}),))
    logging.getLogger("gloo").warning("%s %r", config, config)
    assert CANARY not in repr(config) + caplog.text
    assert "Secret(name='s'" in repr(config)


def test_a_resource_shows_no_bytes_and_a_dump_of_a_secret_no_value() -> None:
    resource = trusted_roots(CANARY.encode())
    assert CANARY not in repr(resource) + dump_yaml(readable(resource)) + json.dumps(readable(resource))
    assert CANARY not in repr(Resource(ResourceType.CLUSTER, "a", CANARY.encode()))


@pytest.mark.parametrize("command", [["translate"], ["translate", "-o", "json"], ["check"], ["get", "secrets"]])
def test_no_command_prints_a_secret(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "s.yaml").write_text(f"key: {CANARY}\n")
    (tmp_path / "gloo.yaml").write_text(f"upstreams:\n- {json.dumps({'name': 'a', 'type': 'nope'})}\n")
    program = Path(sys.executable).with_name("gloo")
    done = subprocess.run([program, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stdout + done.stderr
