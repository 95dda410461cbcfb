"""When two bodies, or the headers of two messages, are the same: as expected, or as seen on another road."""

import json
from collections.abc import Callable, Mapping

from gloo.explain.placeholders import is_told
from gloo.explain.request import Headers
from gloo.model.base import Json

OWN_HEADERS = frozenset(
    {
        *("content-length", "transfer-encoding", "connection", "via", "date", "server"),
        *("x-envoy-expected-rq-timeout-ms", "x-envoy-upstream-service-time"),
    }
)
"""Headers that depend on the way or on the time: left out when the two roads are compared."""


def joined(headers: Headers) -> dict[str, str]:
    """Return the values by their names; several of one name are one value."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}{'; ' if name == 'cookie' else ','}{value}" if name in found else value
    return found


def comparable(offline: Headers, live: Headers) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the headers of two roads without those of the way, and those whose values only Envoy can fill in."""
    told, got = joined(offline), joined(live)
    unknown = {name for name, value in told.items() if name in got and not is_told(value)}
    return _without(told, unknown), _without(got, unknown)


def _without(headers: Mapping[str, str], unknown: set[str]) -> Mapping[str, str]:
    return {name: headers[name].strip() for name in sorted(headers) if name not in OWN_HEADERS and name not in unknown}


def same_values(one: Json, other: Json, same: Callable[[str, str], bool] = str.__eq__) -> bool:
    """Tell whether two JSON values are one, whatever the order of keys, with texts as *same* has it.

    ``true`` is no number.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_values(value, other[key], same) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_values, one, other, [same] * len(one)))
    if isinstance(one, str) and isinstance(other, str):
        return same(one, other)
    return bool(one == other)


def same_bodies(one: bytes, other: bytes, same: Callable[[str, str], bool] = str.__eq__) -> bool:
    """Tell whether two bodies are one, as *same* has it: as text, or as values where both are JSON objects or lists."""
    if one == other or same(*(each.decode("utf-8", "surrogateescape") for each in (one, other))):
        return True
    structure = _structure(one)
    return structure is not None and same_values(structure, _structure(other), same)


def _structure(body: bytes) -> Json:
    """Return the JSON object or list that *body* is; None for any other text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def without_own_headers(body: bytes) -> bytes:
    """Return a body that is made of headers without those of the way."""
    whole = _structure(body)
    if not isinstance(whole, dict):
        return body
    for part in ("headers", "multiValueHeaders"):
        if isinstance(whole.get(part), dict):
            whole[part] = {name: value for name, value in whole[part].items() if name not in OWN_HEADERS}
    return json.dumps(whole, ensure_ascii=False).encode()
