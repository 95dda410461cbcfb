"""Which cipher suite serves whom; tests/e2e/test_tls.py asks a real Envoy the same."""

from typing import get_args

import pytest

from gloo.model.cipher import Cipher, KeyKind, TlsVersion, has_suite, suite_for

OLD = {
    "ECDSA": {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"},
    "RSA": {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "AES128-SHA", "AES256-SHA"},
}


@pytest.mark.parametrize("version", ["TLSv1_0", "TLSv1_1"])
@pytest.mark.parametrize("kind", get_args(KeyKind))
def test_old_versions_have_the_suites_of_the_certificate_with_cbc_and_sha1(version: TlsVersion, kind: KeyKind) -> None:
    assert {cipher for cipher in get_args(Cipher) if has_suite(version, (cipher,), kind)} == OLD[kind]


def test_of_an_unknown_kind_any_suite_may_be() -> None:
    assert {cipher for cipher in get_args(Cipher) if has_suite("TLSv1_0", (cipher,))} == OLD["ECDSA"] | OLD["RSA"]


def test_without_suites_it_is_envoys_own_choice() -> None:
    found = {version: has_suite(version, ()) for version in get_args(TlsVersion)}
    assert found == {"TLSv1_0": False, "TLSv1_1": False, "TLSv1_2": True, "TLSv1_3": True}


def test_a_suite_is_for_one_kind_of_certificate_and_tls_1_3_asks_for_none() -> None:
    for cipher in get_args(Cipher):
        assert [has_suite("TLSv1_2", (cipher,), kind) for kind in ("ECDSA", "RSA")].count(True) == 1
        assert has_suite("TLSv1_3", (cipher,), "RSA") is True


@pytest.mark.parametrize("version", ["TLSv1_0", "TLSv1_1", "TLSv1_2"])
@pytest.mark.parametrize("kind", get_args(KeyKind))
def test_the_suite_to_name_is_one_that_serves(version: TlsVersion, kind: KeyKind) -> None:
    (suite,) = (cipher for cipher in get_args(Cipher) if cipher == suite_for(version, kind))
    assert has_suite(version, (suite,), kind)
