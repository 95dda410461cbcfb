"""Tables for people: columns by two spaces, no lines, nothing at the end of a line."""

from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width


def format_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the table as text; empty cells show as ``-``, line breaks as spaces, so that tools can split it."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(display_width(row[column]) for row in cells) for column in range(len(headers))]
    return "\n".join(_line(row, widths) for row in cells)


def _cell(value: object) -> str:
    return " ".join(str(value).split()) or "-"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - display_width(text)) for text, width in zip(row, widths, strict=True))
    return "  ".join(padded).rstrip()


def display_width(text: str) -> int:
    """Return how many columns of a terminal *text* takes (Unicode annex 11: wide characters take two)."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in {"W", "F"} else 1 for char in text)
