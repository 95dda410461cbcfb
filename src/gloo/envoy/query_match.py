r"""Conditions on query parameters that must not hold, as conditions on `:path`: Envoy has none for parameters.

Envoy cuts the query at each ``&`` and a pair at its first ``=``, compares names and values as they were sent, and takes
the first of several pairs with one name. So does the expression: it takes each `:path` in which the comparison holds.
"""

import re

import re2

from gloo.envoy.route import ValueMatch
from gloo.model.regex import confined


def query_pattern(match: ValueMatch) -> str:
    """Return RE2 over the whole of `:path` for a comparison of *match*, whatever its `invert` says.

    Raises:
        ConfigError: its expression can't be told from what stands around the value.
    """
    value = _value_pattern(match)
    empty = "?" if re2.fullmatch(value, "") else ""  # a name without = has an empty value
    return rf"[^?]*\?(?:{_other_name(match.name)}(?:=[^&]*)?&)*{re.escape(match.name)}(?:={value}){empty}(?:&.*)?"


def _value_pattern(match: ValueMatch) -> str:
    text = re.escape(match.value)
    if match.kind == "regex":
        return f"(?:{confined(match.value, '&')})"
    return {"exact": text, "prefix": f"{text}[^&]*", "suffix": f"[^&]*{text}", "contains": f"[^&]*{text}[^&]*"}[
        match.kind
    ]


def _other_name(name: str) -> str:
    """Return an expression for each name but *name*: it parts from it at some place, ends before it, or goes on."""
    pattern = "[^&=]+"
    for sign in reversed(name):
        pattern = f"(?:[^&={_in_class(sign)}][^&=]*|{re.escape(sign)}{pattern})?"
    return pattern


def _in_class(sign: str) -> str:
    return f"\\{sign}" if sign in "\\]^-[" else sign
