"""The stores in memory keep every store's promises."""

import pytest
from tests.storage.contract import ArtifactStorageContract, ConfigStorageContract, SecretStorageContract

from gloo.storage import MemoryArtifacts, MemorySecrets, MemoryStorage


class TestMemoryStorage(ConfigStorageContract):
    storage: MemoryStorage

    @pytest.fixture(autouse=True)
    def _store(self) -> None:
        self.storage = MemoryStorage()

    def write(self, name: str, text: str) -> None:
        self.storage.write(name, text)

    def remove(self, name: str) -> None:
        self.storage.remove(name)


class TestMemorySecrets(SecretStorageContract):
    secrets: MemorySecrets

    @pytest.fixture(autouse=True)
    def _store(self) -> None:
        self.secrets = MemorySecrets()

    def write(self, name: str, values: dict[str, str]) -> None:
        self.secrets.write(name, values)

    def remove(self, name: str) -> None:
        self.secrets.remove(name)


class TestMemoryArtifacts(ArtifactStorageContract):
    artifacts: MemoryArtifacts

    @pytest.fixture(autouse=True)
    def _store(self) -> None:
        self.artifacts = MemoryArtifacts()

    def write(self, name: str, text: str) -> None:
        self.artifacts.write(name, text)

    def remove(self, name: str) -> None:
        self.artifacts.remove(name)
