import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.authority import Authority
from tests.support.listeners import chains_of
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import Translation, translate

AUTHORITY = Authority.make()
SECRETS = (
    Secret("ecdsa", AUTHORITY.issue("a.test").data()),
    Secret("rsa", AUTHORITY.issue("a.test", key=rsa.generate_private_key(65537, 2048)).data()),
)
NEW, OLD = "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"


def translated(secret: str, **ssl: Any) -> Translation:
    text = {"name": "a", "domains": ["a.test"], "routes": [], "ssl_config": {"secret_ref": secret, **ssl}}
    return translate(config_of(json.dumps(text, indent=1), secrets=SECRETS), PLUGINS, gateway=GATEWAY)


@pytest.mark.parametrize(
    ("secret", "ssl", "whom", "why", "hint"),
    [
        (
            "ecdsa",
            {"min_tls_version": "TLSv1_0"},
            "ssl_config.min_tls_version: clients of TLS 1.0 and 1.1 can't connect",
            "none of Envoy's own cipher suites is for them",
            "cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES128-SHA]",
        ),
        (
            "rsa",
            {"min_tls_version": "TLSv1_1", "max_tls_version": "TLSv1_2"},
            "ssl_config.min_tls_version: clients of TLS 1.1 can't connect",
            "none of Envoy's own cipher suites is for them",
            "cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, ECDHE-RSA-AES128-SHA]",
        ),
        (
            "ecdsa",
            {"min_tls_version": "TLSv1_1", "cipher_suites": [NEW]},
            "ssl_config.cipher_suites: clients of TLS 1.1 can't connect",
            "none of these cipher suites is for them with an ECDSA certificate",
            "add ECDHE-ECDSA-AES128-SHA",
        ),
        (
            "rsa",
            {"min_tls_version": "TLSv1_0", "cipher_suites": [NEW, OLD]},
            "ssl_config.cipher_suites: clients of TLS 1.0, 1.1 and 1.2 can't connect",
            "none of these cipher suites is for them with an RSA certificate",
            "add ECDHE-RSA-AES128-GCM-SHA256 and ECDHE-RSA-AES128-SHA",
        ),
    ],
)
def test_a_version_without_a_suite_is_a_warning_that_names_one(
    secret: str, ssl: dict[str, Any], whom: str, why: str, hint: str
) -> None:
    found = translated(secret, **ssl)
    (problem,) = found.reports["VirtualService/a"].problems
    assert str(problem).partition(": ")[2] == f"{whom}: {why} ({hint})"
    assert (problem.warning, problem.line > 4) == (True, True)
    assert found.reports["VirtualService/a"].state is State.ACCEPTED
    assert chains_of(found.snapshots["ingress"], "gloo-https") == {f"certificate/{secret}": ("a.test",)}


@pytest.mark.parametrize(
    ("suites", "newest"), [([OLD], "TLSv1_1"), ([OLD], "TLSv1_2"), ([NEW], "TLSv1_2")], ids=["1.1", "1.2", "new"]
)
def test_suites_that_no_client_can_use_with_the_certificate_leave_its_host_out(suites: list[str], newest: str) -> None:
    found = translated("rsa", min_tls_version="TLSv1_0", max_tls_version=newest, cipher_suites=suites)
    status = found.reports["VirtualService/a"]
    assert status.state is State.REJECTED
    assert status.problems[0].field == "ssl_config.cipher_suites"
    assert status.problems[0].problem.startswith("clients can't connect: none of these cipher suites is for TLS 1.0")
    assert status.problems[0].problem.endswith(" with an RSA certificate")
    assert chains_of(found.snapshots["ingress"], "gloo-https") == {}


def test_before_the_certificate_is_there_both_kinds_are_told() -> None:
    status = translated("late", min_tls_version="TLSv1_1").reports["VirtualService/a"]
    (warning,) = (problem for problem in status.problems if problem.warning)
    assert warning.hint == (
        "cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES128-SHA];"
        " with an RSA certificate, RSA in place of ECDSA"
    )
    assert status.state is State.PENDING


@pytest.mark.parametrize(
    "ssl",
    [
        {},
        {"min_tls_version": "TLSv1_0", "cipher_suites": [NEW, OLD]},
        {"min_tls_version": "TLSv1_1", "max_tls_version": "TLSv1_1", "cipher_suites": [OLD]},
        {"min_tls_version": "TLSv1_3", "cipher_suites": ["ECDHE-RSA-AES128-SHA"]},
    ],
)
def test_where_every_version_has_a_suite_nothing_is_told(ssl: dict[str, Any]) -> None:
    assert translated("ecdsa", **ssl).reports["VirtualService/a"].problems == ()
