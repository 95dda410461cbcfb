"""The text of one template, for errors that point into it."""

from dataclasses import dataclass

from gloo.errors import TemplateError


@dataclass(frozen=True, slots=True)
class Source:
    """A template's text and the field it stands in: ``path``, ``body``, ``headers.x-name``, ``parameters.path``."""

    field: str
    text: str

    @classmethod
    def of(cls, field: str, text: str) -> "Source":
        """Take *text* with its line ends made ``\\n``."""
        return cls(field, text.replace("\r\n", "\n").replace("\r", "\n"))

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, both from 1, of the offset *at*."""
        before = self.text[:at]
        return before.count("\n") + 1, at - before.rfind("\n")

    def error(self, at: int, problem: str, hint: str = "") -> TemplateError:
        """Make an error that points at the offset *at*."""
        line, column = self.position(at)
        return TemplateError(self.field, problem, hint, line=line, column=column)
