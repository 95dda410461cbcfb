from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command_line import PETSTORE


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("GLOO_DIR", "GLOO_SETTINGS", "GLOO_STATE_DIR", "GLOO_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the petstore and nothing else."""
    (tmp_path / "upstreams").mkdir()
    (tmp_path / "upstreams/petstore.yaml").write_text(PETSTORE)
    yield tmp_path
