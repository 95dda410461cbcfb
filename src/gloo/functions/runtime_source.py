"""The runtime: Lua files that are joined to the one named script of Envoy's Lua filter."""

from functools import cache
from importlib.resources import files

_PARTS = ("values", "operators", "json", "print", "request", "functions", "entry")


@cache
def runtime_source() -> str:
    """Return the text of the runtime.

    Each file keeps its own local names and adds what others need to the table ``gloo``, which programs get.
    """
    folder = files("gloo.functions") / "runtime"
    texts = (f"do\n{(folder / f'{part}.lua').read_text(encoding='ascii')}end\n" for part in _PARTS)
    return f"local gloo = {{}}\n{''.join(texts)}"
