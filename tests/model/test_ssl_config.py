import pytest

from gloo.model.base import Json
from gloo.model.ssl_config import SSLConfig
from gloo.model.strict import decode_struct


def problem_of(**fields: Json) -> str:
    value, problems = decode_struct({"secret_ref": "one", **fields}, SSLConfig)
    assert value is None
    return str(problems[0])


def test_a_secret_is_all_it_takes() -> None:
    value, problems = decode_struct({"secretRef": "one"}, SSLConfig)
    assert value == SSLConfig(secret_ref="one")
    assert problems == ()
    assert value is not None
    assert (value.alpn, value.asks_clients, value.client_ca) == (("h2", "http/1.1"), False, "")


def test_the_authority_of_clients_is_in_the_secret_of_the_server_unless_named() -> None:
    assert SSLConfig(secret_ref="one", require_client_certificate=True).client_ca == "one"
    assert SSLConfig(secret_ref="one", client_ca_secret_ref="two").client_ca == "two"


def test_the_versions_are_those_from_the_oldest_to_the_newest() -> None:
    assert SSLConfig(secret_ref="one").versions == ("TLSv1_2", "TLSv1_3")
    old = SSLConfig(
        secret_ref="one", min_tls_version="TLSv1_0", max_tls_version="TLSv1_1", cipher_suites=("AES128-SHA",)
    )
    assert old.versions == ("TLSv1_0", "TLSv1_1")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verify_subject_alt_names": ["a"]}, "verify_subject_alt_names needs"),
        ({"min_tls_version": "TLSv1_3", "max_tls_version": "TLSv1_2"}, "newer than max_tls_version"),
        ({"max_tls_version": "TLSv1_1"}, "min_tls_version, by default TLSv1_2, is newer than max_tls_version"),
        (
            {"min_tls_version": "TLSv1_0", "max_tls_version": "TLSv1_1"},
            "add ECDHE-ECDSA-AES128-SHA to cipher_suites, or ECDHE-RSA-AES128-SHA with an RSA certificate",
        ),
        (
            {
                "min_tls_version": "TLSv1_0",
                "max_tls_version": "TLSv1_0",
                "cipher_suites": ["ECDHE-RSA-AES128-GCM-SHA256"],
            },
            "max_tls_version keeps all clients out",
        ),
        ({"http3": True, "require_client_certificate": True}, "http3 can't be had with client certificates"),
        ({"http3": True, "max_tls_version": "TLSv1_2"}, "http3 needs TLS 1.3"),
        (
            {"cipher_suites": ["ROT13"]},
            "cipher_suites[0]: 'ROT13' is not allowed (valid: ECDHE-",
        ),
        ({"alpn": []}, "alpn"),
        ({"min_tls_version": 1.2}, "valid: TLSv1_0"),
        ({"min_tls_version": "1.2"}, "'1.2' is not allowed (valid: TLSv1_0, TLSv1_1, TLSv1_2, TLSv1_3)"),
        ({"require_client_certificate": True, "verify_subject_alt_names": [""]}, "verify_subject_alt_names[0]"),
    ],
)
def test_what_can_not_work_is_told_before_envoy_sees_it(fields: dict[str, Json], said: str) -> None:
    assert said in problem_of(**fields)
