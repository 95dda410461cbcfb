"""The text of one template, for errors that point into it."""

import re

from gloo.errors import TemplateError
from gloo.model.base import Value

_HALVES = re.compile("[\ud800-\udfff]")


class Source(Value, frozen=True):
    """A template's text and the field it stands in: ``path``, ``body``, ``headers.x-name``, ``parameters.path``.

    A text inside of a template, such as a regex in quotes, starts at *line* and *column* of the text *whole*. With
    *pointers* its names are JSON pointers: ``a/b/0``.
    """

    field: str
    text: str
    line: int = 1
    column: int = 1
    pointers: bool = False
    whole: str = ""

    @classmethod
    def of(cls, field: str, text: str, *, pointers: bool = False) -> "Source":
        """Take *text* with its line ends made ``\\n``."""
        return cls(field, text.replace("\r\n", "\n").replace("\r", "\n"), pointers=pointers)

    @classmethod
    def of_line(cls, field: str, text: str, *, pointers: bool = False) -> "Source":
        """Take *text*, which is to be one line, without the line break that YAML's ``|`` puts at its end."""
        source = cls.of(field, text, pointers=pointers)
        return cls(field, source.text.removesuffix("\n"), pointers=pointers)

    def inside(self, at: int, text: str) -> "Source":
        """Return the source of *text*, which stands in quotes at the offset *at*."""
        line, column = self.position(at)
        return Source(self.field, text, line, column + 1, whole=self.whole or self.text)

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, both from 1, of the offset *at*."""
        before = self.text[:at]
        lines = before.count("\n")
        return self.line + lines, at - before.rfind("\n") + (self.column - 1 if not lines else 0)

    def check_characters(self) -> None:
        """Raise `TemplateError` at half of a surrogate pair: UTF-8 can't say it."""
        if (found := _HALVES.search(self.text)) is not None:
            raise self.error(found.start(), f"{found[0]!r} is no character")

    def error(self, at: int, problem: str, hint: str = "") -> TemplateError:
        """Make an error that points at the offset *at*."""
        line, column = self.position(at)
        lines = (self.whole or self.text).split("\n")
        text = lines[line - 1] if line <= len(lines) else ""
        return TemplateError(self.field, problem, hint, line=line, column=min(column, len(text) + 1), text=text)
