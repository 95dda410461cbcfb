"""The pages on the command line and the settings name all there is."""

from pathlib import Path

import msgspec

from gloo.cli.kinds import ALIASES
from gloo.cli.program import COMMANDS
from gloo.control_plane.settings import Settings, variable

DOCS = Path(__file__).parents[2] / "docs"


def test_every_command_and_kind_is_explained() -> None:
    text = (DOCS / "cli.md").read_text()
    assert [name for name in COMMANDS if f"`gloo {name}" not in text] == []
    assert [kind for kind in ALIASES if f"`{kind}`" not in text] == []


def test_every_setting_has_its_row_with_its_default() -> None:
    rows = [line for line in (DOCS / "settings.md").read_text().splitlines() if line.startswith("| `")]
    assert len(rows) == len(Settings.__struct_fields__)
    for row, field in zip(rows, msgspec.structs.fields(Settings), strict=True):
        assert row.startswith(f"| `{field.name}` | `{variable(field.name)}` |")
        assert field.default == "" or f"| `{field.default}` |" in row
