"""When two bodies, or the headers of two messages, are the same: as expected, or as seen on another road."""

import json
import re
from collections.abc import Mapping

from gloo.explain.request import Headers
from gloo.model.base import Json

OWN_HEADERS = frozenset(
    {
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-request-id",
        "content-length",
        "transfer-encoding",
        "connection",
        "via",
        "date",
        "server",
    }
)
"""Headers that Envoy sets by itself, beside `x-envoy-...`: left out when the two roads are compared."""

_COMMAND = re.compile(r"%[A-Z][A-Z0-9_]*(?:\([^()]*\))?(?::\d+)?%")  # of Envoy's formats


def joined(headers: Headers) -> dict[str, str]:
    """Return the values by their names; several of one name are one value."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}{'; ' if name == 'cookie' else ','}{value}" if name in found else value
    return found


def comparable(offline: Headers, live: Headers) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the headers of two roads without those that Envoy sets, and those whose values only Envoy can fill in."""
    told, got = joined(offline), joined(live)
    unknown = {name for name, value in told.items() if _COMMAND.search(value)}
    return _without(told, unknown), _without(got, unknown)


def _without(headers: Mapping[str, str], unknown: set[str]) -> Mapping[str, str]:
    return {name: headers[name].strip() for name in sorted(headers) if not _is_own(name) and name not in unknown}


def _is_own(name: str) -> bool:
    return name in OWN_HEADERS or name.startswith("x-envoy-")


def same_values(one: Json, other: Json) -> bool:
    """Tell whether two JSON values are one, whatever the order of keys; ``true`` is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_values(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_values, one, other))
    return bool(one == other)


def same_bodies(one: bytes, other: bytes) -> bool:
    """Tell whether two bodies are one: byte by byte, or as values where both are JSON objects or lists."""
    if one == other:
        return True
    structure = _structure(one)
    return structure is not None and same_values(structure, _structure(other))


def _structure(body: bytes) -> Json:
    """Return the JSON object or list that *body* is; None for any other text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def without_own_headers(body: bytes) -> bytes:
    """Return a body that is made of headers without those that Envoy sets."""
    whole = _structure(body)
    if not isinstance(whole, dict):
        return body
    for part in ("headers", "multiValueHeaders"):
        if isinstance(whole.get(part), dict):
            whole[part] = {name: value for name, value in whole[part].items() if not _is_own(name)}
    return json.dumps(whole, ensure_ascii=False).encode()
