"""Remembering what a leaf of the translation gave for the same inputs.

The translator is written as one pass over everything; what makes it cheap is that a leaf whose inputs are the same
objects as last time isn't computed again. An entry lives as long as it is used: one turn without a look drops it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Results by the identity of their inputs, for as long as the inputs are in use."""

    def __init__(self) -> None:
        self._old: dict[tuple[Any, ...], tuple[tuple[Any, ...], Any]] = {}
        self._new: dict[tuple[Any, ...], tuple[tuple[Any, ...], Any]] = {}

    def once(self, make: Callable[..., T], *inputs: Any) -> T:
        """Return ``make(*inputs)``, computed now or by an earlier call with the same objects.

        The inputs are kept beside the result, so that no other object can take their identity.
        """
        key = (make, *map(id, inputs))
        entry = self._old.pop(key, None) or self._new.get(key) or (inputs, make(*inputs))
        self._new[key] = entry
        result: T = entry[1]
        return result

    def turn(self) -> None:
        """Forget what was not asked for since the last turn."""
        self._old, self._new = self._new, {}
