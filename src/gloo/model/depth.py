"""How deep a YAML text is nested, before anything reads it.

Those who read it go down by recursion in C, and a text of 30 KB exhausts the stack of the process.

Nearly all texts are told to be shallow by counting: in braces nothing is nested without an opening bracket, and outside
of them not without a blank or a mark at the head of a line. The rest is parsed event by event, which takes no stack.
"""

import re

import re2
import yaml
from yaml._yaml import CParser

DEEPEST = 200

_LONG_HEAD = re2.compile(rf"(?m)^[ \t?:-]{{{DEEPEST}}}")
_QUOTED = re.compile(r"\"[^\"\\\[\]{}]*\"|'[^'\[\]{}]*'")


def too_deep(text: str) -> int | None:
    """Return the line, from 1, at which *text* is nested deeper than `DEEPEST`; None if it is not."""
    return _deep_line(text) if _may_be_deep(text) else None


def _may_be_deep(text: str) -> bool:
    if text.count("[") + text.count("{") > DEEPEST and _bracket_depth(text) > DEEPEST:
        return True
    return len(text) > DEEPEST and _LONG_HEAD.search(text) is not None


def _bracket_depth(text: str) -> int:
    """Return how deep brackets are nested at the most; more than that where one may be quoted or in a comment."""
    depth = deepest = 0
    for line in text.split("\n"):
        opening = line.count("[") + line.count("{")
        deepest = max(deepest, depth + opening)
        if "'" in line or '"' in line:
            left = _QUOTED.sub("", line)
            if "'" in left or '"' in left:
                return DEEPEST + 1  # it may go on in the next line
        closing = 0 if "#" in line else line.count("]") + line.count("}")
        depth = max(0, depth + opening - closing)
    return deepest


def _deep_line(text: str) -> int | None:
    parser, depth = CParser(text), 0
    try:
        while (event := parser.get_event()) is not None:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
    except yaml.YAMLError:
        return None  # whoever reads it will say so
    return None
