"""The command line as tests use it."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gloo.cli.program import program

PETSTORE = """\
# where the pets are
name: petstore
type: service
spec:
  hosts:
  - {addr: 127.0.0.1, port: 8081}
service_info: {type: REST}
functions:
- name: get_pet
  spec: {path: "/pets/{{ id }}"}
"""


def gloo(*arguments: str | Path, stdin: str | None = None, status: int = 0) -> Result:
    """Run the command and expect it to end with *status*."""
    result = CliRunner().invoke(program, [str(each) for each in arguments], input=stdin, prog_name="gloo")
    assert result.exit_code == status, (result.output, result.exception)
    return result


def told(*arguments: str | Path) -> Any:
    """Return what the command prints with ``-o json``."""
    return json.loads(gloo(*arguments, "-o", "json").stdout)
