"""What is no token, in Envoy's words as it was seen to say them."""

import json
from math import nan

import pytest
from tests.support.tokens import base64url

from gloo.explain.token_form import NO_TOKEN, Fault, claims_in, claims_of
from gloo.model.base import Json

HEADER = base64url(b'{"alg": "ES256"}')
CLAIMS = base64url(b'{"iss": "a"}')
TWICE = base64url(b'{"a": 1, "a": 1}')


def _part(value: Json) -> str:
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def test_a_token_says_its_claims_whatever_its_signature() -> None:
    assert claims_in(f"{HEADER}.{CLAIMS}.ab") == {"iss": "a"}
    assert claims_in(f"{HEADER}.{CLAIMS}.ab cd") == {"iss": "a"}


@pytest.mark.parametrize("token", ["", "a", "a.b", f"{HEADER}.{CLAIMS}.ab.c", f"{HEADER}..ab", f".{CLAIMS}.ab"])
def test_a_token_has_three_sections(token: str) -> None:
    with pytest.raises(Fault) as caught:
        claims_in(token)
    assert str(caught.value) == NO_TOKEN
    assert claims_of(token) is None


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (f"a.{CLAIMS}.ab", "header is an invalid Base64url encoded"),
        (f"{HEADER}=.{CLAIMS}.ab", "header is an invalid Base64url encoded"),
        (f"{_part(b'{')}.{CLAIMS}.ab", "header is an invalid JSON"),
        (f"{_part([])}.{CLAIMS}.ab", "header is an invalid JSON"),
        (f"{_part({})}.{CLAIMS}.ab", "header [alg] field is required and must be a string"),
        (f"{_part({'alg': 'none'})}.{CLAIMS}.ab", "header [alg] is not supported"),
        (f"{_part({'alg': 'RS256', 'kid': 1})}.{CLAIMS}.ab", "header [kid] field is not a string"),
        (f"{HEADER}.é.ab", "payload is an invalid Base64url encoded"),
        (f"{HEADER}.{_part(b'{')}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{_part(b'[' * 100_000)}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{TWICE}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{_part('{}'.encode('utf-16'))}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{_part('{}'.encode('utf-8-sig'))}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{_part({'a': nan})}.ab", "payload is an invalid JSON"),
        (f"{HEADER}.{_part({'iss': 1})}.ab", "payload [iss] field is not a string"),
        (f"{HEADER}.{_part({'exp': None})}.ab", "payload [exp] field is not an integer"),
        (f"{HEADER}.{_part({'exp': -1})}.ab", "payload [exp] field is not a positive 64 bit integer"),
        (f"{HEADER}.{_part({'aud': [1]})}.ab", "payload [aud] field is not a string or string list"),
        (f"{HEADER}.{CLAIMS}.a", "signature is an invalid Base64url encoded"),
        (f"{HEADER}.{CLAIMS}.ab,c", "signature is an invalid Base64url encoded"),
    ],
)
def test_each_part_has_its_form(token: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        claims_in(token)
    assert str(caught.value) == f"Jwt {said}"
