"""SHA-256 and HMAC are those of everybody else."""

import base64
import hashlib
import hmac
import random

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, compile_function

LENGTHS = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 5000]


def texts() -> list[str]:
    chance = random.Random(4)
    return ["".join(chance.choice("ab \tz~") for _ in range(length)) for length in LENGTHS]


def rendered(gateway: Gateway, expression: str, key: str, text: str) -> str:
    outcome = call(gateway, Request(headers={"k": key, "x": text}), body=f"d: {{{{ {expression} }}}}")
    assert outcome.request.body is not None, outcome
    return outcome.request.body.decode().removeprefix("d: ")


@pytest.mark.parametrize("text", texts(), ids=map(str, LENGTHS))
def test_a_digest_is_that_of_hashlib(gateway: Gateway, text: str) -> None:
    assert rendered(gateway, "sha256(header('x'))", "", text) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("key", texts(), ids=map(str, LENGTHS))
def test_a_signature_is_that_of_hmac(gateway: Gateway, key: str) -> None:
    expected = hmac.digest(key.encode(), b"message", "sha256")
    assert rendered(gateway, "hmac_sha256(header('k'), header('x'))", key, "message") == expected.hex()
    encoded = base64.b64encode(expected).decode()
    assert rendered(gateway, "hmac_sha256(header('k'), header('x'), 'base64')", key, "message") == encoded


def test_digests_are_written_in_three_ways(gateway: Gateway) -> None:
    digest = hashlib.sha256(b"x").digest()
    assert rendered(gateway, "sha256('x', 'hex')", "", "") == digest.hex()
    url = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert rendered(gateway, "sha256('x', 'base64url')", "", "") == url
    with pytest.raises(TemplateError, match="'utf8' is not a way to write bytes"):
        compile_function(FunctionTemplate("a/b", body="d: {{ sha256('x', 'utf8') }}"))


def test_what_is_too_long_to_be_digested_in_time_is_refused(gateway: Gateway) -> None:
    assert call(gateway, Request(body=b"x" * 1_000_000), body="d: {{ sha256(body()) }}").code == "too_long"
