"""The file store keeps every store's promises, and those of its own."""

from pathlib import Path

import pytest
from tests.storage.contract import ConfigStorageContract

from gloo.storage import FileStorage


class TestFileStorage(ConfigStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.storage = FileStorage(tmp_path)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()
