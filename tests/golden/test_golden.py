"""What Envoy gets for a configuration, written out; `make golden` writes it afresh."""

from pathlib import Path

import pytest
from tests.support.golden import config_in, golden_of

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_configuration_becomes_what_its_golden_file_says(file: Path) -> None:
    text = file.read_text()
    assert golden_of(config_in(text)).text == text


def test_there_are_golden_files() -> None:
    assert FILES
