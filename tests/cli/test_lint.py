"""gloo lint: routes that nothing reaches, and nothing else."""

import json
from pathlib import Path

from tests.cli.command_line import gloo

HIDDEN = """\
name: web
routes:
- request_matcher: {path_regex: "/.*"}
  single_destination: {upstream: {name: petstore}}
- request_matcher: {path_exact: /pets}
  single_destination: {upstream: {name: nowhere}}
"""


def test_a_hidden_route_ends_with_1_and_other_findings_are_left_to_check(folder: Path) -> None:
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/web.yaml").write_text(HIDDEN)

    result = gloo("lint", folder, status=1)

    place = f"{folder}/virtual_services/web.yaml:5: VirtualService/web: routes[1]: warning: "
    assert result.stdout == (
        f"{place}can never be reached: routes[0] takes all of its requests (move it up, or remove it)\n"
    )
    assert result.stderr == f"{folder}: 1 virtual service, 1 route that nothing reaches\n"
    assert [each["field"] for each in json.loads(gloo("lint", folder, "-o", "json", status=1).stdout)] == ["routes[1]"]
    assert "there is no upstream" in gloo("check", folder, status=1).stdout


def test_a_folder_without_hidden_routes_ends_with_0(folder: Path) -> None:
    result = gloo("lint", folder)
    assert result.stdout == ""
    assert result.stderr == f"{folder}: no virtual services, no routes that nothing reaches\n"
