"""What is known of an upstream's functions: the last answer, and why the last question failed if it did. Pure."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from gloo.discovery.wanted import Wanted
from gloo.errors import ConfigError, DiscoveryError, MissingReference
from gloo.model.path import join_path
from gloo.model.status import Problem
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered

_SHOWN = 5


class Known(Struct, frozen=True, kw_only=True):
    """What is known of one upstream.

    Args:
        question: which question the functions are the answer to; see `Wanted`.
        asked: when it was last asked, in seconds since 1970.
        answered: when it last answered; 0 for never.
        failures: how many questions had no answer since then.
        problems: what is to be known about the last question, without file and line.
    """

    question: str
    functions: tuple[Function, ...] = ()
    asked: float = 0.0
    answered: float = 0.0
    failures: int = 0
    problems: tuple[Problem, ...] = ()


def answered(wanted: Wanted, before: Known | None, discovered: Discovered, *, now: float) -> Known:
    """Return what is known after an answer: its functions in the order of their names, and no others.

    What was known of places that did not answer stays.
    """
    found = {each.name: each for each in discovered.functions}
    old = before.functions if before is not None else ()
    kept = [each for each in old if each.name not in found] if discovered.silent else []
    ordered = sorted((*found.values(), *kept), key=lambda each: each.name)
    functions = tuple(ordered[: wanted.discovery.most])
    notes = [f"{place} did not answer; what was known of it stays" for place in discovered.silent]
    if len(ordered) > len(functions):
        notes.append(f"it has more than {len(functions)} functions, the others are left out")
    notes += _listed(discovered.left_out)
    return Known(
        question=wanted.question,
        functions=old if functions == old else functions,
        asked=now,
        answered=now,
        problems=tuple(Problem(field="discovery", problem=note, warning=True) for note in notes),
    )


def failed(wanted: Wanted, before: Known | None, error: ConfigError | DiscoveryError, *, now: float) -> Known:
    """Return what is known after a question without an answer: what was known before, and why."""
    known = before or Known(question=wanted.question)
    user_erred = isinstance(error, ConfigError) and not isinstance(error, MissingReference)
    count = len(known.functions)
    kept = f"the {count} functions that are known stay" if count else ""
    problem = Problem(
        field=join_path("discovery", error.field) if isinstance(error, ConfigError) else "discovery",
        problem=error.problem,
        hint="; ".join(part for part in (error.hint, kept) if part),
        warning=not user_erred,
    )
    return msgspec.structs.replace(known, asked=now, failures=known.failures + 1, problems=(problem,))


def _listed(left_out: Iterable[str]) -> list[str]:
    texts = sorted(left_out)
    told = [f"a function is left out: {text}" for text in texts[:_SHOWN]]
    return [*told, f"{len(texts) - _SHOWN} more functions are left out"] if len(texts) > _SHOWN else told
