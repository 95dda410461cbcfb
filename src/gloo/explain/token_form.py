"""What Envoy says of a token before it looks for a key: whether it can be one at all, part by part.

Source: what Envoy 1.40 was seen to say. Blanks in a part play no role to it.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence

from gloo.model.base import Json

NO_TOKEN = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
_BLANKS = re.compile(r"[ \t\v\f]")
_BASE64URL = re.compile("[A-Za-z0-9_-]+")
_ALGORITHMS = frozenset(
    (*(f"{kind}{size}" for kind in ("ES", "HS", "RS", "PS") for size in (256, 384, 512)), "EdDSA"),
)


class Fault(ValueError):
    """What Envoy says of a token that is none."""


def claims_in(token: str) -> Mapping[str, Json]:
    """Return what *token* says, which nobody has verified; raise Fault for what is no token."""
    sections = token.split(".")
    if len(sections) != 3 or not all(sections):
        raise Fault(NO_TOKEN)
    header = _object(sections[0], "header")
    _check(isinstance(header.get("alg"), str), "header [alg] field is required and must be a string")
    _check(header["alg"] in _ALGORITHMS, "header [alg] is not supported")
    _check(isinstance(header.get("kid", ""), str), "header [kid] field is not a string")
    claims = _object(sections[1], "payload")
    for name in ("iss", "sub", "jti"):
        _check(isinstance(claims.get(name, ""), str), f"payload [{name}] field is not a string")
    for name in ("iat", "nbf", "exp"):
        value = claims.get(name, 0)
        _check(_is_number(value), f"payload [{name}] field is not an integer")
        _check(0 <= value < 2**63, f"payload [{name}] field is not a positive 64 bit integer")
    _check(_is_audience(claims.get("aud", "")), "payload [aud] field is not a string or string list")
    _decoded(sections[2], "signature")
    return claims


def claims_of(token: str) -> Mapping[str, Json] | None:
    """Return what *token* says; None for what is none. Nobody has looked whether it is true."""
    try:
        return claims_in(token)
    except Fault:
        return None


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise Fault(f"Jwt {problem}")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_audience(value: Json) -> bool:
    return all(isinstance(each, str) for each in (value if isinstance(value, list) else [value]))


def _object(section: str, part: str) -> Mapping[str, Json]:
    told = _decoded(section, part)
    try:
        value = json.loads(told.decode(), object_pairs_hook=_once, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise Fault(f"Jwt {part} is an invalid JSON") from error
    _check(isinstance(value, dict), f"{part} is an invalid JSON")
    read: Mapping[str, Json] = value
    return read


def _once(pairs: Sequence[tuple[str, Json]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(pairs)
    return found


def _no_json(word: str) -> Json:
    raise ValueError(word)  # NaN and Infinity, which Python takes


def _decoded(section: str, part: str) -> bytes:
    bare = _BLANKS.sub("", section)
    _check(_BASE64URL.fullmatch(bare) is not None and len(bare) % 4 != 1, f"{part} is an invalid Base64url encoded")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
