"""Where configuration and secrets live: list, watch (whole states), apply, delete."""

from gloo.storage.base import (
    PLACES,
    ArtifactStorage,
    ConfigStorage,
    DocumentProblem,
    Edit,
    SecretState,
    SecretStorage,
    State,
)
from gloo.storage.file import FileStorage
from gloo.storage.file_artifacts import FileArtifacts
from gloo.storage.file_secrets import FileSecrets
from gloo.storage.memory import MemoryArtifacts, MemorySecrets, MemoryStorage

__all__ = [
    "PLACES",
    "ArtifactStorage",
    "ConfigStorage",
    "DocumentProblem",
    "Edit",
    "FileArtifacts",
    "FileSecrets",
    "FileStorage",
    "MemoryArtifacts",
    "MemorySecrets",
    "MemoryStorage",
    "SecretState",
    "SecretStorage",
    "State",
]
