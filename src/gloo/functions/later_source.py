"""The Lua script of calls that no client waits for."""

from functools import cache
from importlib.resources import files


@cache
def later_source(most: int) -> str:
    """Return the script; *most* calls may be under way in one worker of Envoy."""
    text = (files("gloo.functions") / "runtime" / "later.lua").read_text(encoding="ascii")
    return f"local MOST_UNDER_WAY = {most}\n{text}"
