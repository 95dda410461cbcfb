"""Verdicts on the objects of one translation."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from gloo.errors import ConfigError, GlooError, MissingReference, TemplateError
from gloo.model.codec import ConfigObject
from gloo.model.path import format_path, join_path
from gloo.model.source import Source
from gloo.model.status import KEPT, Problem, State, Status, TemplatePlace

Reports = Mapping[str, Status]
"""Status by reference (``Upstream/billing``)."""


_NAMED = ("headers", "merge_json_keys", "data_sources")
"""Fields of functions whose templates have names."""


def problem_of(error: GlooError, at: str = "") -> Problem:
    """Return what *error* says, its field below *at*."""
    if isinstance(error, ConfigError):
        pending = isinstance(error, MissingReference)
        field, template = join_path(at, error.field), _place_of(error.template)
        return Problem(field=field, problem=error.problem, hint=error.hint, pending=pending, template=template)
    if isinstance(error, TemplateError):
        field = join_path(at, field_of(error))
        return Problem(field=field, problem=error.told, hint=error.hint, template=_place_of(error))
    return Problem(field=at, problem=str(error))


def problems_of(error: ConfigError | TemplateError, at: str = "") -> tuple[Problem, ...]:
    """Return all that *error* says, its fields below *at*."""
    return tuple(problem_of(each, at) for each in (error, *error.others))


def error_of(problems: Sequence[Problem]) -> ConfigError:
    """Return the error that says all *problems*, of which there is one at least."""
    first, *others = (ConfigError("", each.field, each.problem, each.hint) for each in problems)
    return ConfigError("", first.field, first.problem, first.hint, others=tuple(others))


def collected(*steps: Callable[[], object]) -> Iterator[Problem]:
    """Take all *steps*, whatever is wrong by others, and yield what is wrong by them."""
    for step in steps:
        try:
            step()
        except (ConfigError, TemplateError) as error:
            yield from problems_of(error)


def field_of(error: TemplateError) -> str:
    """Return the path of the template that *error* is about."""
    for group in _NAMED:
        before, found, name = error.field.partition(f"{group}.")
        if found and before.rpartition(".")[2] == "":
            return join_path(before + group, format_path((name,)))
    return error.field


def _place_of(error: TemplateError | None) -> TemplatePlace | None:
    if error is None or not error.is_placed:
        return None
    return TemplatePlace(line=error.line, column=error.column, text=error.text)


def located(item: ConfigObject, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Add file and line to those of *problems* that have none."""
    return tuple(problem if problem.file else _placed(problem, item.source) for problem in problems)


def _placed(problem: Problem, source: Source) -> Problem:
    line, column = source.line_of(problem.field), 0
    if problem.template is not None:
        found = source.place_in(problem.field, problem.template.line, problem.template.text)
        if found is not None:
            line, column = found[0], found[1] + problem.template.column
    return msgspec.structs.replace(problem, file=source.document.name, line=line, column=column)


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
