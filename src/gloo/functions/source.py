"""The text of one template, for errors that point into it."""

from gloo.errors import TemplateError
from gloo.model.base import Value


class Source(Value, frozen=True):
    """A template's text and the field it stands in: ``path``, ``body``, ``headers.x-name``, ``parameters.path``.

    A text inside of a template, such as a regex in quotes, starts at *line* and *column*. With *pointers* its names are
    JSON pointers: ``a/b/0``.
    """

    field: str
    text: str
    line: int = 1
    column: int = 1
    pointers: bool = False

    @classmethod
    def of(cls, field: str, text: str, *, pointers: bool = False) -> "Source":
        """Take *text* with its line ends made ``\\n``."""
        return cls(field, text.replace("\r\n", "\n").replace("\r", "\n"), pointers=pointers)

    @classmethod
    def of_line(cls, field: str, text: str, *, pointers: bool = False) -> "Source":
        """Take *text*, which is to be one line, without the line break that YAML's ``|`` puts at its end."""
        source = cls.of(field, text, pointers=pointers)
        return cls(field, source.text.removesuffix("\n"), pointers=pointers)

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, both from 1, of the offset *at*."""
        before = self.text[:at]
        lines = before.count("\n")
        return self.line + lines, at - before.rfind("\n") + (self.column - 1 if not lines else 0)

    def error(self, at: int, problem: str, hint: str = "") -> TemplateError:
        """Make an error that points at the offset *at*."""
        line, column = self.position(at)
        return TemplateError(self.field, problem, hint, line=line, column=column)
