"""Sets of public keys (JWKS, RFC 7517): what must be right before a proxy is told to use them.

Envoy refuses a whole configuration for one set that it can't read, so a set is read here first. What comes out holds
public members alone, whatever else the text held.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from gloo.errors import ConfigError
from gloo.model.base import Json

_PRIVATE = frozenset(["d", "p", "q", "dp", "dq", "qi", "oth"])
_PUBLIC = ("kty", "kid", "alg", "use", "crv", "n", "e", "x", "y")
_CURVES: Mapping[str, tuple[type[ec.EllipticCurve], str]] = {
    "P-256": (ec.SECP256R1, "ES256"),
    "P-384": (ec.SECP384R1, "ES384"),
    "P-521": (ec.SECP521R1, "ES512"),
}
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_LEAST_RSA_BITS = 2048


def read_jwks(given: str | Mapping[str, Json]) -> str:
    """Return the usable keys of *given* as JSON; keys of kinds that Envoy does not know are left out.

    Raises:
        ConfigError: it is no JWKS, holds no usable key, a private one, or one that is faulty; never shows a value.
    """
    keys = _keys(given)
    used = [public for index, key in enumerate(keys) if (public := _public(key, f"keys[{index}]")) is not None]
    if not used:
        raise ConfigError("", "", "holds no key that can be used", "RSA, EC P-256/384/521, or OKP Ed25519")
    return json.dumps({"keys": used}, sort_keys=True, separators=(",", ":"))


def _keys(given: str | Mapping[str, Json]) -> list[Json]:
    try:
        value = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):  # the cause is left out: it quotes the text
        raise ConfigError("", "", "is no JSON", 'a JWKS: {"keys": [...]}') from None
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(keys, list):
        raise ConfigError("", "", "is no JWKS", 'an object with a list: {"keys": [...]}')
    return keys


def _public(key: Json, at: str) -> dict[str, str] | None:
    """Return the public members of one key; None for a kind that is not known here."""
    if not isinstance(key, Mapping):
        raise ConfigError("", "", f"{at} is no object")
    if key.get("kty") == "oct":
        hint = "who holds it can sign tokens too; use RSA, EC or Ed25519 keys"
        raise ConfigError("", "", f"{at} is a shared secret (kty oct)", hint)
    if _PRIVATE & key.keys():
        raise ConfigError("", "", f"{at} holds a private key", "give the public part alone, and change the key")
    check = _CHECKS.get(str(key.get("kty")))
    if check is None:
        return None
    public = {name: key[name] for name in _PUBLIC if name in key}
    if not all(isinstance(value, str) for value in public.values()):
        raise ConfigError("", "", f"{at} has a member that is not text")
    try:
        algorithms = check(public)
    except (ValueError, KeyError, binascii.Error):  # the cause is left out: it may quote the key
        raise ConfigError("", "", f"{at} is no {public['kty']} key", "see RFC 7518, section 6") from None
    if not algorithms:
        return None
    if public.get("alg", algorithms[0]) not in algorithms:
        raise ConfigError("", "", f"{at}: alg does not fit the key", f"one of {', '.join(algorithms)}, or none")
    return public


def _check_rsa(key: Mapping[str, str]) -> tuple[str, ...]:
    numbers = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"]))
    if numbers.n.bit_length() < _LEAST_RSA_BITS:
        raise ValueError("too short")
    numbers.public_key()
    return _RSA


def _check_ec(key: Mapping[str, str]) -> tuple[str, ...]:
    if key["crv"] not in _CURVES:
        return ()
    curve, algorithm = _CURVES[key["crv"]]
    ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve()).public_key()
    return (algorithm,)


def _check_okp(key: Mapping[str, str]) -> tuple[str, ...]:
    if key["crv"] != "Ed25519":
        return ()
    ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key["x"]))
    return ("EdDSA",)


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {
    "RSA": _check_rsa,
    "EC": _check_ec,
    "OKP": _check_okp,
}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
