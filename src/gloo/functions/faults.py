"""Several errors of one function: each of its templates can be wrong by itself, and all are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gloo.errors import TemplateError


@dataclass(frozen=True, slots=True)
class Faults:
    """The errors found so far."""

    found: list[TemplateError] = field(default_factory=list)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Note the error that ends the block, if one does, and go on behind it."""
        try:
            yield
        except TemplateError as error:
            self.found.extend((error, *error.others))

    def check(self) -> None:
        """Raise the first error, with the others."""
        if self.found:
            first, *others = self.found
            raise first.changed(others=tuple(others)) from first
