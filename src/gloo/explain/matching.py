"""Does a route take a request, and if not, which of its matchers says no: Envoy's rules, without Envoy.

Sources: Envoy's API, `config.route.v3.RouteMatch`, `HeaderMatcher`, `QueryParameterMatcher`; `docs/explain.md` names
the test that compares all of this with a real Envoy.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isinf

import re2

from gloo.envoy.events import EVENT_ATTRIBUTES, STRUCTURED
from gloo.envoy.route import PathMatch, RouteMatch, ValueMatch
from gloo.explain.request import Request
from gloo.model.base import Value

ABSENT = "absent"
Attribute = str | int | float | bool
_WORDS = {
    "exact": "",
    "prefix": "begins with ",
    "segment_prefix": "within ",
    "suffix": "ends with ",
    "contains": "contains ",
    "regex": "matches ",
}
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Refusal(Value, frozen=True):
    """A matcher that does not hold: where it looks, what it wants, what it found."""

    matcher: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.matcher}: expected {self.expected}, got {self.actual}"


def refusal(match: RouteMatch, request: Request) -> Refusal | None:
    """Return the first matcher that says no: path, method, headers, query, event, in this order; None if none does."""
    return next(_refusals(match, request), None)


def _refusals(match: RouteMatch, request: Request) -> Iterator[Refusal]:
    if not path_holds(match.path, request.bare_path):
        yield Refusal("path", path_text(match.path), request.bare_path)
    if match.methods and request.method not in match.methods:
        yield Refusal("method", " or ".join(match.methods), request.method)
    for header in match.headers:
        if not _header_holds(header, request.values(header.name)):
            yield _refused(f"header {header.name}", header, request.header(header.name))
    yield from _refusals_by_name("cookie", match.cookies, cookies_of(request) if match.cookies else {})
    yield from _refusals_by_name("query parameter", match.query, first_values(request.path) if match.query else {})
    yield from _refusals_by_name("event attribute", match.metadata, event_attributes(request) if match.metadata else {})


def _refusals_by_name(what: str, matches: Sequence[ValueMatch], values: Mapping[str, Attribute]) -> Iterator[Refusal]:
    for match in matches:
        found = values.get(match.name)
        if _attribute_holds(match, found) == match.invert:
            yield _refused(f"{what} {match.name}", match, None if found is None else str(found))


def path_holds(match: PathMatch, path: str) -> bool:
    """Say whether *path*, without its query, fits *match*."""
    if match.kind == "regex":
        return fully_matches(match.value, path)
    value = match.value
    if not match.case_sensitive:
        value, path = value.translate(_SMALL), path.translate(_SMALL)
    if match.kind == "exact":
        return path == value
    whole = match.kind == "prefix" or len(path) == len(value) or path[len(value) : len(value) + 1] == "/"
    return path.startswith(value) and whole


def fully_matches(pattern: str, text: str) -> bool:
    """Say whether all of *text* matches the RE2 *pattern*."""
    return re2.fullmatch(pattern, text) is not None


def path_text(match: PathMatch) -> str:
    """Return *match* in words."""
    return f"{_WORDS[match.kind]}{match.value}{'' if match.case_sensitive else ' in any case'}"


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
    "contains": str.__contains__,
    "regex": lambda value, pattern: fully_matches(pattern, value),
}


def _holds(match: ValueMatch, value: str | None) -> bool:
    """Compare, whatever `invert` says."""
    if match.kind == "present":
        return value is not None
    return value is not None and _COMPARE[match.kind](value, match.value)


def _attribute_holds(match: ValueMatch, value: Attribute | None) -> bool:
    """Compare, whatever `invert` says; a number is there, but is no text."""
    return value is not None if match.kind == "present" else _holds(match, value if isinstance(value, str) else None)


def _header_holds(match: ValueMatch, values: tuple[str, ...]) -> bool:
    """Compare each value of a header; to an inverted matcher an absent one is an empty one, as we tell Envoy."""
    if match.invert and match.kind != "present":
        values = values or ("",)
    return any(_holds(match, value) for value in values) != match.invert


def _refused(matcher: str, match: ValueMatch, value: str | None) -> Refusal:
    wanted = "any value" if match.kind == "present" else f"{_WORDS[match.kind]}{match.value!r}"
    if match.invert:
        wanted = ABSENT if match.kind == "present" else f"not: {wanted}"
    return Refusal(matcher, wanted, ABSENT if value is None else repr(value))


def first_values(target: str) -> dict[str, str]:
    """Return the first value of each query parameter, not decoded: Envoy compares them as they were sent."""
    _, _, query = target.partition("?")
    found: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        found.setdefault(name, value)
    return found


def cookies_of(request: Request) -> dict[str, str]:
    """Return the first value of each cookie, without the quotes around it."""
    found: dict[str, str] = {}
    for header in request.values("cookie"):
        for pair in header.strip(" \t").split(";"):  # behind a semicolon Envoy passes over blanks, and over no tab
            name, equals, value = pair.lstrip(" ").partition("=")
            if equals:
                quoted = len(value) > 1 and value[0] == value[-1] == '"'
                found.setdefault(name, value[1:-1] if quoted else value)
    return found


def _whole(text: str) -> int | float:
    if 19 <= len(text) <= 20 and 2**63 <= int(text) < 2**64:
        raise ValueError(text)
    return int(text) if len(text) < 20 else _finite(text)


def _finite(text: str) -> float:
    if isinf(value := float(text)):
        raise ValueError(text)
    return value


def _refused_number(text: str) -> float:
    raise ValueError(text)


def event_attributes(request: Request) -> dict[str, Attribute]:
    """Return type, source and subject of a CloudEvent in structured mode; nothing for any other request.

    To Envoy a null, a list or a mapping is not there, and nothing is where it can't read the JSON: it takes no whole
    number from 2^63 to 2^64 - 1, for these are unsigned to its parser, and none that is beyond a double.
    """
    if request.body is None or not fully_matches(STRUCTURED, request.header("content-type") or ""):
        return {}
    try:
        event = json.loads(request.body, parse_int=_whole, parse_float=_finite, parse_constant=_refused_number)
        json.dumps(event, ensure_ascii=False).encode()  # fails where half a surrogate pair stands alone
    except (ValueError, RecursionError):
        return {}
    given = event if isinstance(event, dict) else {}
    return {name: given[name] for name in EVENT_ATTRIBUTES if isinstance(given.get(name), Attribute)}
