"""Where configuration and secrets live: list, watch (whole states), apply, delete."""

from gloo.storage.base import PLACES, ConfigStorage, DocumentProblem, Edit, SecretState, SecretStorage, State
from gloo.storage.file import FileStorage
from gloo.storage.file_secrets import FileSecrets
from gloo.storage.memory import MemorySecrets, MemoryStorage

__all__ = [
    "PLACES",
    "ConfigStorage",
    "DocumentProblem",
    "Edit",
    "FileSecrets",
    "FileStorage",
    "MemorySecrets",
    "MemoryStorage",
    "SecretState",
    "SecretStorage",
    "State",
]
