"""Sets of public keys are read before Envoy gets them, and nothing but public members comes out."""

import json

import pytest
from tests.support.tokens import Issuer

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.model.jwks import read_jwks

ISSUER = Issuer()
RSA, EC, OKP = ISSUER.jwks()["keys"]


def keys(*given: Json) -> str:
    return json.dumps({"keys": given})


def test_keys_of_all_kinds_come_out_as_they_went_in() -> None:
    assert json.loads(read_jwks(ISSUER.jwks())) == ISSUER.jwks()
    assert read_jwks(json.dumps(ISSUER.jwks())) == read_jwks(ISSUER.jwks())


def test_only_public_members_come_out_and_keys_of_unknown_kinds_are_left_out() -> None:
    told = json.loads(read_jwks(keys({**EC, "x5t": "canary"}, {"kty": "new"}, {**OKP, "crv": "X25519"})))
    assert told == {"keys": [EC]}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no JWKS"),
        ('{"keys": {}}', "is no JWKS"),
        (keys(), "holds no key that can be used"),
        (keys({"kty": "new"}), "holds no key that can be used"),
        (keys("canary"), "keys[0] is no object"),
        (keys(EC, {"kty": "oct", "k": "canary"}), "keys[1] is a shared secret (kty oct)"),
        (keys({**EC, "d": "canary"}), "keys[0] holds a private key"),
        (keys({**EC, "kid": 5}), "keys[0] has a member that is not text"),
        (keys({**EC, "x": "canary!"}), "keys[0] is no EC key"),
        (keys({**EC, "y": EC["x"]}), "keys[0] is no EC key"),
        (keys({"kty": "EC"}), "keys[0] is no EC key"),
        (keys({**RSA, "n": "AQAB"}), "keys[0] is no RSA key"),
        (keys({**OKP, "x": "AQAB"}), "keys[0] is no OKP key"),
        (keys({**RSA, "alg": "ES256"}), "keys[0]: alg does not fit the key"),
    ],
)
def test_what_envoy_would_refuse_is_refused_and_no_value_is_shown(given: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_jwks(given)
    assert caught.value.problem == problem
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
