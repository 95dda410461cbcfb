"""Certificates that an upstream names: read, checked, and given to Envoy as secrets alone."""

import json

import pytest
from tests.support.authority import Authority
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.envoy.readable import HIDDEN, readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import Translation, translate
from gloo.translator.refusals import Refusals

AUTHORITY = Authority.make()
OURS = AUTHORITY.issue("ours.example.org")
SECRETS = (Secret("ours", OURS.data()), Secret("theirs", {"ca.crt": AUTHORITY.certificate}))
HOST = {"addr": "a.example.org", "port": 443}


def run(ssl: Json, *secrets: Secret, refusals: Refusals | None = None) -> Translation:
    text = json.dumps({"name": "a", "type": "service", "spec": {"hosts": [HOST]}, "ssl_config": ssl})
    translation = translate(config_of(text, secrets=secrets), PLUGINS, gateway=GATEWAY, refusals=refusals)
    translation.snapshots["ingress"].check()
    return translation


def test_certificates_reach_envoy_as_secrets_and_show_nowhere_else() -> None:
    translation = run({"secret_ref": "ours", "ca_secret_ref": "theirs"}, *SECRETS)
    snapshot = translation.snapshots["ingress"]
    assert set(snapshot.of_type(ResourceType.SECRET)) == {"upstream-certificate/ours", "upstream-authorities/theirs"}
    key = OURS.private_key.splitlines()[1].encode()
    holding = [each.type for each in snapshot if key in each.body]
    assert holding == [ResourceType.SECRET]
    assert HIDDEN in str(readable(snapshot.of_type(ResourceType.SECRET)["upstream-certificate/ours"]))


def test_a_rotated_certificate_leaves_the_cluster_as_it_is() -> None:
    before, after = (
        run({"secret_ref": "ours"}, Secret("ours", AUTHORITY.issue("ours.example.org").data())).snapshots["ingress"]
        for _ in range(2)
    )
    kinds = (ResourceType.CLUSTER, ResourceType.SECRET)
    same = [before.of_type(kind) == after.of_type(kind) for kind in kinds]
    assert same == [True, False]


@pytest.mark.parametrize(
    ("ssl", "secret", "field", "said"),
    [
        ({"secret_ref": "s"}, {"tls.crt": OURS.certificate}, "secret_ref", "secret 's': has no key 'tls.key'"),
        (
            {"secret_ref": "s"},
            {"tls.crt": AUTHORITY.issue("x").certificate, "tls.key": OURS.private_key},
            "secret_ref",
            "does not belong to the certificate",
        ),
        ({"ca_secret_ref": "s"}, {"a": "b"}, "ca_secret_ref", "secret 's': has no key 'ca.crt'"),
    ],
)
def test_a_secret_that_can_not_be_used_rejects_the_upstream_with_its_name(
    ssl: Json, secret: dict[str, str], field: str, said: str
) -> None:
    status = run(ssl, Secret("s", secret)).reports["Upstream/a"]
    assert status.state is State.REJECTED
    assert status.problems[0].field == f"ssl_config.{field}"
    assert said in status.problems[0].problem
    assert "PRIVATE" not in str(status)


def test_a_secret_that_envoy_refuses_is_reported_on_the_upstream() -> None:
    ssl = {"secret_ref": "ours"}
    snapshot = run(ssl, *SECRETS).snapshots["ingress"]
    version = snapshot.of_type(ResourceType.SECRET)["upstream-certificate/ours"].version
    again = run(ssl, *SECRETS, refusals=Refusals({version: "bad key"}))
    assert "Envoy refuses it: bad key" in again.reports["Upstream/a"].reason
    assert again.snapshots["ingress"].of_type(ResourceType.CLUSTER) == {}
