"""Bugs of gloo, or of a plugin: what no page of errors knows, raised while one object is translated.

It must not stop the others: the object is Rejected, and whoever runs the translation logs the bug. Its words are not
kept, for they may hold a secret; what it is and where it happened is.
"""

import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from gloo.model.base import Value
from gloo.model.status import Problem
from gloo.translator.reports import reference_of

_HERE = Path(__file__).parents[1]


class Bug(Value, frozen=True):
    """An exception that nobody meant to raise.

    Args:
        ref: the object that was translated.
        reference: by which its problem and the log know it.
        kind: the exception's class.
        frames: where it happened, from the outermost call: ``translator/routes.py:80 translate_route``.
    """

    ref: str
    reference: str
    kind: str
    frames: tuple[str, ...]


def bug_in(ref: str, error: Exception, *, at: str = "") -> tuple[Bug, Problem]:
    """Return what the log and what the user of the object *ref* is told of *error*; *at* is the field, if known."""
    frames = tuple(f"{_place(frame)} {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
    where = next((frame for frame in reversed(frames) if not frame.startswith("/")), "an unknown place")
    kind = type(error).__name__
    problem = Problem(field=at, problem=f"a bug in gloo: {kind} at {where}")
    reference = reference_of(ref, problem)
    hint = f"please report it; the log of the gateway says more of {reference}"
    return Bug(ref, reference, kind, frames), Problem(field=at, problem=problem.problem, hint=hint)


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    return f"{path.relative_to(_HERE) if path.is_relative_to(_HERE) else path}:{frame.lineno}"


def new_bugs(bugs: Iterable[Bug], known: set[Bug]) -> Iterator[Bug]:
    """Yield those of *bugs* that are not *known*, and note them there."""
    for bug in bugs:
        if bug not in known:
            known.add(bug)
            yield bug
