"""The runtime: Lua files that are joined to the named scripts of Envoy's Lua filter."""

from functools import cache
from importlib.resources import files

_PARTS = (
    "budget",
    "values",
    "operators",
    "json",
    "print",
    "request",
    "multipart",
    "regex",
    "functions",
    "digest",
    "stream",
    "programs",
    "warm",
)


@cache
def runtime_source() -> str:
    """Return the text of the runtime that makes requests."""
    return joined((*_PARTS, "entry"))


@cache
def answers_runtime_source() -> str:
    """Return the text of the runtime that makes answers by response templates."""
    return joined((*_PARTS, "response"))


@cache
def whole_runtime_source() -> str:
    """Return the text of a runtime that does both."""
    return joined((*_PARTS, "entry", "response"))


def joined(parts: tuple[str, ...]) -> str:
    """Return the text of a runtime of *parts*, files in their order.

    Each keeps its own local names and adds what others need to the table ``gloo``, which programs get.
    """
    folder = files("gloo.functions") / "runtime"
    texts = (f"do\n{(folder / f'{part}.lua').read_text(encoding='ascii')}end\n" for part in parts)
    return f"local gloo = {{}}\n{''.join(texts)}"
