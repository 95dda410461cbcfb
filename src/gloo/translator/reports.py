"""Verdicts on the objects of one translation."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from gloo.errors import ConfigError, GlooError, MissingReference, TemplateError
from gloo.model.codec import ConfigObject
from gloo.model.path import join_path
from gloo.model.status import KEPT, Problem, State, Status

Reports = Mapping[str, Status]
"""Status by reference (``Upstream/billing``)."""


def problem_of(error: GlooError, at: str = "") -> Problem:
    """Return what *error* says, its field below *at*."""
    if isinstance(error, ConfigError):
        pending = isinstance(error, MissingReference)
        return Problem(field=join_path(at, error.field), problem=error.problem, hint=error.hint, pending=pending)
    if isinstance(error, TemplateError):
        place = f"line {error.line}, column {error.column}: {error.problem}"
        return Problem(field=join_path(at, error.field), problem=place, hint=error.hint)
    return Problem(field=at, problem=str(error))


def located(item: ConfigObject, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Add file and line to those of *problems* that have none."""
    return tuple(
        problem
        if problem.file
        else msgspec.structs.replace(problem, file=item.source.document.name, line=item.source.line_of(problem.field))
        for problem in problems
    )


def reference_of(ref: str, problem: Problem) -> str:
    """Return the short name under which a client sees *problem*: the same for the same fault, saying nothing itself."""
    return hashlib.blake2b(f"{ref} {problem.field} {problem.problem}".encode(), digest_size=4).hexdigest()


def status_of(problems: tuple[Problem, ...]) -> Status:
    """Return the verdict that *problems* amount to."""
    serious = [problem for problem in problems if not problem.warning]
    if not serious:
        state = State.ACCEPTED
    else:
        state = State.PENDING if all(problem.pending for problem in serious) else State.REJECTED
    told = [*map(_short, serious), *([KEPT] if any(problem.kept for problem in serious) else [])]
    return Status(state=state, reason="; ".join(told), problems=problems)


def _short(problem: Problem) -> str:
    return f"{problem.field}: {problem.problem}" if problem.field else problem.problem
