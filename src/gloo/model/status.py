"""Verdicts: what became of an object the user wrote."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Json, Model, replace


class State(StrEnum):
    """Pending: waits for something that may come. Accepted: runs. Rejected: the user has to act."""

    PENDING = "Pending"
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class TemplatePlace(Model, frozen=True, kw_only=True):
    """A place in a function's template."""

    line: Annotated[int, Meta(description="line of the template, from 1")]
    column: Annotated[int, Meta(description="column of that line, from 1")]
    text: Annotated[str, Meta(description="that line")] = ""


class Problem(Model, frozen=True, kw_only=True):
    """One thing that is wrong with an object, where it is wrong, and what to do."""

    field: str = ""
    problem: str
    hint: str = ""
    file: str = ""
    line: int = 0
    column: Annotated[int, Meta(description="column of that line, from 1; 0 where only the line is known")] = 0
    template: Annotated[TemplatePlace | None, Meta(description="the place in the template that it is about")] = None
    reference: Annotated[str, Meta(description="what a client sees in x-gloo-error where a route answers 500")] = ""
    pending: bool = False
    warning: bool = False
    kept: Annotated[bool, Meta(description="the last good form of what it is about stays in force")] = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line or 1}: " if self.file else ""
        field = f"{self.field}: " if self.field else ""
        hint = f" ({self.hint})" if self.hint else ""
        reference = f" [x-gloo-error {self.reference}]" if self.reference else ""
        return f"{place}{field}{self.problem}{hint}{reference}"


KEPT = "the last good form stays in force"


def kept(problem: Problem) -> Problem:
    """Return *problem*, saying that the last good form of what it is about stays in force."""
    return replace(with_hint(problem, KEPT), kept=True)


def with_hint(problem: Problem, hint: str) -> Problem:
    """Return *problem* with *hint* behind its own."""
    return replace(problem, hint="; ".join(part for part in (problem.hint, hint) if part))


class Status(Model, frozen=True, kw_only=True):
    """The verdict on an object; written by gloo, never read from what users write."""

    state: State = State.PENDING
    reason: str = ""
    problems: tuple[Problem, ...] = ()
    discovery: Annotated[Mapping[str, Json] | None, Meta(description="when it was asked for functions, and so on")] = (
        None
    )
