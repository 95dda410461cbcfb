"""Paths inside an object, as text (``routes[2].headers["x.y"]``) and as steps (``("routes", 2, "headers", "x.y")``)."""

import json
import re

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*\Z")
_STEP = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_\-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')


def format_path(path: Path) -> str:
    """Write *path* as a user reads it; a key that is not a plain word stands in brackets and quotes."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def parse_path(text: str) -> Path:
    """Read what `format_path` wrote; what follows a part that can't be read is left out."""
    steps: list[str | int] = []
    position = 0
    while found := _STEP.match(text, position):
        word, index, quoted = found.groups()
        steps.append(word if word is not None else int(index) if index is not None else json.loads(quoted))
        position = found.end()
    return tuple(steps)


def join_path(prefix: str, rest: str) -> str:
    """Put *rest* below *prefix*; either may be empty."""
    if not prefix or not rest:
        return prefix or rest
    return f"{prefix}{rest}" if rest.startswith("[") else f"{prefix}.{rest}"
