"""Every example is whole: a page that says how to run it, and a configuration without findings."""

from pathlib import Path

import pytest
from tests.support.house import ROOT

from gloo.control_plane.offline import translate_folder
from gloo.storage import FileSecrets
from gloo.translator import Gateway

EXAMPLES = sorted(folder for folder in (ROOT / "examples").iterdir() if folder.is_dir())


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_translates_without_a_finding(folder: Path) -> None:
    stored = folder / "stored"  # what its page puts into a store of another kind
    secrets = FileSecrets(stored) if stored.exists() else None
    offline = translate_folder(folder / "config", Gateway(), secrets=secrets)
    findings = [str(problem) for status in offline.translation.reports.values() for problem in status.problems]
    assert findings == []
    assert offline.problems == ()
    assert offline.config.virtual_services


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_says_how_to_run_it(folder: Path) -> None:
    page = (folder / "README.md").read_text()
    assert "gloo run" in page
    assert "curl" in page


def test_every_example_has_a_number_of_its_own() -> None:
    numbers = [int(folder.name.split("-")[0]) for folder in EXAMPLES]
    assert len(set(numbers)) == len(numbers)
