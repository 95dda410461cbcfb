"""TLS towards upstreams: what users may say of it."""

import pytest

from gloo.model.base import Json
from gloo.model.strict import decode_struct
from gloo.model.upstream_tls import UpstreamSslConfig, is_address


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"sni": "10.0.0.1"}, "sni is a host name, never an IP address"),
        ({"sni": "::1"}, "sni is a host name, never an IP address"),
        ({"sni": "a b"}, "sni: 'a b' is no host name"),
        ({"sni": "a:80"}, "sni: 'a:80' is no host name"),
        ({"trusted_ca": "x", "ca_secret_ref": "y"}, "takes trusted_ca or ca_secret_ref, not both"),
        (
            {"verify": False, "trusted_ca": "x", "subject_alt_names": ["a"]},
            "verify: false checks nothing, so trusted_ca and subject_alt_names would be without effect",
        ),
        ({"verify": False, "ca_secret_ref": "x"}, "so ca_secret_ref would be without effect"),
    ],
)
def test_what_makes_no_sense_is_an_error(written: Json, said: str) -> None:
    _, (problem,) = decode_struct(written, UpstreamSslConfig)
    assert said in problem.problem


def test_certificates_are_verified_unless_the_user_says_otherwise() -> None:
    assert UpstreamSslConfig().verify


def test_each_secret_is_named_once_with_its_field() -> None:
    assert UpstreamSslConfig(secret_ref="a", ca_secret_ref="b").secrets == {
        "a": "secret_ref",
        "b": "ca_secret_ref",
    }
    assert UpstreamSslConfig(secret_ref="a", ca_secret_ref="a").secrets == {"a": "secret_ref"}
    assert UpstreamSslConfig().secrets == {}


@pytest.mark.parametrize(("host", "expected"), [("10.0.0.1", True), ("::1", True), ("a.b", False), ("1.2.3", False)])
def test_an_address_is_told_from_a_name(host: str, expected: bool) -> None:
    assert is_address(host) is expected
