"""What is wrong with a folder, one line each, for people and for editors."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from gloo.cli.table import display_width
from gloo.control_plane.offline import Offline
from gloo.model.base import Json, Value
from gloo.model.status import Problem
from gloo.model.strict import to_builtins

_WIDE, _BEFORE = 100, 60
"""Characters of a template's line that are shown, and how many of them stand before the place."""

_INDENT = "    "


class Finding(Value, frozen=True):
    """One problem and the object that has it; `ref` is empty for a file as a whole."""

    ref: str
    problem: Problem

    @property
    def place(self) -> tuple[str, int]:
        return (self.problem.file, self.problem.line)

    def line(self, folder: Path) -> str:
        """Return ``file:line: object: field: problem (hint)``, the file as seen from here."""
        problem = self.problem
        parts = [f"{folder / problem.file}:{problem.line or 1}"] if problem.file else []
        parts += [part for part in (self.ref, problem.field, "warning" if problem.warning else "") if part]
        hint = f" ({problem.hint})" if problem.hint else ""
        reference = f" [x-gloo-error {problem.reference}]" if problem.reference else ""
        return f"{': '.join(parts)}: {problem.problem}{hint}{reference}" if parts else f"{problem.problem}{hint}"

    def text(self, folder: Path) -> str:
        """Return the finding as a line, and below it the line of the template that it is about, with a caret."""
        return "\n".join((self.line(folder), *excerpt(self.problem)))

    def json(self, folder: Path) -> Json:
        """Return the finding with every key, whether or not it says something."""
        problem = self.problem
        return {
            "file": str(folder / problem.file) if problem.file else "",
            "line": problem.line,
            "column": problem.column,
            "object": self.ref,
            "field": problem.field,
            "problem": problem.problem,
            "hint": problem.hint,
            "reference": problem.reference,
            "warning": problem.warning,
            "pending": problem.pending,
            "kept": problem.kept,
            "template": to_builtins(problem.template) if problem.template is not None else None,
        }


def excerpt(problem: Problem) -> tuple[str, ...]:
    """Return the line of the template that *problem* is about, and a line with a caret below its column."""
    place = problem.template
    if place is None or not place.text.strip():
        return ()
    at = place.column - 1
    start = max(0, at - _BEFORE) if len(place.text) > _WIDE else 0
    shown = "".join(character if character.isprintable() else " " for character in place.text[start : start + _WIDE])
    width = display_width(shown[: at - start])
    return (_INDENT + shown.rstrip(), f"{_INDENT}{' ' * width}^")


def findings_of(offline: Offline, refs: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return all findings in the order of files and lines, or those of the objects *refs* only."""
    found = _all(offline) if refs is None else (each for each in _all(offline) if each.ref in refs)
    return sorted_findings(found)


def sorted_findings(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return *found* in the order of files and lines, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.place, each.ref, each.problem.field)))


def _all(offline: Offline) -> Iterator[Finding]:
    for fault in offline.plugin_faults:
        yield Finding("", Problem(problem=str(fault)))
    for problem in offline.problems:
        yield Finding("", problem)
    for ref, status in offline.translation.reports.items():
        for problem in status.problems:
            if problem not in offline.problems:  # a file's fault is told once, not on each of its objects
                yield Finding(ref, problem)


def count(number: int, what: str) -> str:
    """Return *number* with the right form of *what*: ``1 finding``, ``2 findings``."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
