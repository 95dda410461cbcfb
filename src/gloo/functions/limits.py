"""How long a body may be that templates read, and how much a rendering may do: no request keeps a worker for long.

Measured: 128 KiB of JSON take 0.3 to 7 ms to read, and what a template does then ends within 10 ms in all.
"""

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.names import Names
from gloo.model.base import Value

LONGEST_BODY = 2**20
"""Bytes of the longest body that a template reads or replaces."""

MOST_MADE = 2**21
"""Bytes of the longest body that a template makes. Envoy has to be told to keep so many: it keeps 1 MiB by itself."""

_PARSED = 2**17
"""Bytes of a body that is read field by field (JSON, a form), if nothing else is said."""

_BUDGET = 800_000
"""Units of work of one rendering, about 10 ns each; see ``runtime/budget.lua``."""

MOST_WORK = _BUDGET * LONGEST_BODY // _PARSED
"""Units of work of a rendering of the longest body."""


class Limits(Value, frozen=True):
    """What one message may cost.

    Args:
        body: bytes of its body.
        work: units of work.
    """

    body: int
    work: int

    @property
    def lua(self) -> str:
        """The fields that tell them to the runtime."""
        return f"longest = {self.body}, work = {self.work},"


def limits_of(names: Names, given: int | None, field: str = "max_body") -> Limits:
    """Return the limits of a message whose templates use *names*; a longer body that is *given* may cost more.

    Raises `TemplateError` for one that no template may read.
    """
    if given is not None and not 1 <= given <= LONGEST_BODY:
        raise TemplateError(field, f"{given} bytes can't be the longest body", f"1 to {LONGEST_BODY} (1MiB)")
    parsed = names.reads_body and names.body in ("json", "form")
    body = given or (_PARSED if parsed else LONGEST_BODY)
    return Limits(body, max(_BUDGET, _BUDGET * (given or 0) // _PARSED))


def body_flags(names: Names, limits: Limits, *, writes: bool) -> str:
    """Write the fields that tell the runtime what a template does with the body."""
    sound = "sound = true, " if names.sound else ""
    return f"reads_body = {lua.boolean(names.waits)}, writes_body = {lua.boolean(writes)}, {sound}{limits.lua}"
