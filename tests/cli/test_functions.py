"""gloo functions: the catalogue."""

import json
from pathlib import Path

from tests.cli.command_line import gloo, told


def test_functions_are_listed_with_what_they_need_and_who_calls_them(folder: Path) -> None:
    gloo("route", "add", "--path-prefix", "/pet/", "--function", "petstore/get_pet", "-d", folder)
    head, row = gloo("functions", "-d", folder).stdout.splitlines()
    assert head.split() == ["FUNCTION", "KIND", "SOURCE", "PARAMETERS", "ROUTES"]
    assert row.split() == ["petstore/get_pet", "REST", "written", "id", "default/0"]
    (function,) = told("functions", "-d", folder)
    assert function["parameters"] == [{"name": "id", "templates": ["path"]}]
    assert function["routes"] == [{"route": "default/0", "sources": {"id": "body field"}}]


def test_all_places_of_a_name_are_told_in_their_order(folder: Path) -> None:
    route = {
        "request_matcher": {"path_exact": "/p"},
        "single_destination": {"function": {"upstream_name": "petstore", "function_name": "get_pet"}},
        "extensions": {
            "parameters": [{"from": "query", "name": "id"}, {"from": "header", "name": "x-id", "match": "{id}"}]
        },
    }
    (folder / "routes.yaml").write_text(json.dumps({"virtual_services": [{"name": "default", "routes": [route]}]}))
    (function,) = told("functions", folder)
    assert function["routes"] == [{"route": "default/0", "sources": {"id": "query id, else header x-id {id}"}}]


def test_a_folder_without_functions_says_so(tmp_path: Path) -> None:
    assert "holds no functions" in gloo("functions", "-d", tmp_path).stderr


def test_the_folder_may_stand_by_itself_but_not_twice(folder: Path) -> None:
    assert gloo("functions", folder).stdout == gloo("functions", "-d", folder).stdout
    assert "said twice" in gloo("functions", folder, "-d", folder, status=2).stderr
