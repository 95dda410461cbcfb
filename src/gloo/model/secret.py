"""Secrets: names and key-value pairs whose values show nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret as its store holds it; `repr` shows the name and the keys, never a value."""

    name: str
    data: Mapping[str, str] = field(repr=False)

    def __repr__(self) -> str:
        return f"Secret(name={self.name!r}, keys={sorted(self.data)})"


def is_secret_name(name: str) -> bool:
    """Say whether a store may look for *name*: it leads to no other place than its own."""
    return bool(name) and not name.startswith(".") and "/" not in name and "\0" not in name
