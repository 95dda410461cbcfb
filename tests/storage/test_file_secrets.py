"""The secrets in a folder keep every store's promises, and those of their own."""

import json
from pathlib import Path

import pytest
from tests.storage.contract import SecretStorageContract

from gloo.storage import FileSecrets


class TestFileSecrets(SecretStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "secrets"
        self.secrets = FileSecrets(self.folder)

    def write(self, name: str, values: dict[str, str]) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{name}.yaml").write_text(json.dumps(values))

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.yaml").unlink()
