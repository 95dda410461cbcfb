"""gloo schema."""

import json

from tests.cli.command_line import gloo


def test_the_schema_of_a_kind_and_of_any_file() -> None:
    assert json.loads(gloo("schema", "vs").stdout)["$ref"] == "#/$defs/VirtualService"
    assert len(json.loads(gloo("schema").stdout)["anyOf"]) == 3


def test_only_objects_have_a_schema() -> None:
    gloo("schema", "secret", status=2)
