"""Envoy's matching of one route, once more and in plain words: what the tests of the route table compare with."""

from collections.abc import Callable
from dataclasses import dataclass

import re2

from gloo.translator.route_path import Condition, Entry, PathMatch


@dataclass(frozen=True, slots=True)
class Request:
    """What routes look at: *properties* are the conditions that hold."""

    path: str
    method: str = "GET"
    properties: frozenset[str] = frozenset()


def takes(entry: Entry, request: Request) -> bool:
    """Say whether *entry* by itself takes *request*; the name of a condition is the property that it asks for."""
    if entry.methods and request.method not in entry.methods:
        return False
    if not all(condition.name in request.properties for condition in entry.conditions):
        return False
    return path_matches(entry.path, request.path.split("?", 1)[0].split("#", 1)[0])


def path_matches(path: PathMatch, text: str) -> bool:
    value = path.value
    if path.kind == "regex":
        return re2.fullmatch(value, text) is not None
    if not path.case_sensitive:
        value, text = value.lower(), text.lower()
    if path.kind == "segment_prefix":
        return text == value or text.startswith(f"{value}/")
    return text == value if path.kind == "exact" else text.startswith(value)


def first(entries: tuple[Entry, ...], request: Request) -> int | None:
    """Return the index of the first of *entries* that takes *request*."""
    return next((entry.index for entry in entries if takes(entry, request)), None)


def condition_holds(condition: Condition, values: tuple[str, ...]) -> bool:
    """Say whether the *condition* on a header holds that has these *values*; to an inverted one absent is empty."""
    compare: dict[str, Callable[[str], bool]] = {
        "present": lambda _: True,
        "exact": lambda text: text == condition.value,
        "prefix": lambda text: text.startswith(condition.value),
        "suffix": lambda text: text.endswith(condition.value),
        "contains": lambda text: condition.value in text,
        "regex": lambda text: re2.fullmatch(condition.value, text) is not None,
    }
    if condition.inverted and condition.kind != "present":
        values = values or ("",)
    return any(map(compare[condition.kind], values)) != condition.inverted
