from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from tests.support.authority import Authority
from tests.support.listeners import chains_of
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.envoy.snapshot import ResourceType
from gloo.model.codec import ConfigObject
from gloo.model.secret import Secret
from gloo.translator import GoodSecrets, Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.refusals import Refusals, digest_of
from gloo.translator.secure_services import tls_bytes
from gloo.translator.server_names import SecureService, secure_service

AUTHORITY = Authority.make()
END = datetime(2030, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
TEXT = "{name: one, domains: [one.test], routes: [], ssl_config: {secret_ref: one}}"
GOOD = Secret("one", AUTHORITY.issue("one.test", not_after=END).data())


def translated(
    *secrets: Secret, text: str = TEXT, good: GoodSecrets | None = None, now: float = NOW, memo: Memo | None = None
) -> Translation:
    config = config_of(text, secrets=secrets)
    found = translate(config, PLUGINS, gateway=GATEWAY, good=good, now=now, memo=memo)
    for snapshot in found.snapshots.values():
        snapshot.check()
    return found


def test_what_serves_is_remembered_for_the_next_run() -> None:
    first = translated(GOOD)
    assert first.good.pairs == {"one": GOOD}
    second = translated(Secret("one", {"tls.crt": "x", "tls.key": "y"}), good=first.good)
    assert second.good.pairs == {"one": GOOD}
    assert second.snapshots == first.snapshots
    assert second.reports["VirtualService/one"].state == "Rejected"


def test_a_secret_that_nobody_names_any_more_is_forgotten() -> None:
    assert translated(text="{name: one, routes: []}", good=translated(GOOD).good).good == GoodSecrets()


def test_a_new_certificate_changes_its_secret_and_nothing_else() -> None:
    before = translated(GOOD).snapshots["ingress"]
    after = translated(Secret("one", AUTHORITY.issue("one.test").data())).snapshots["ingress"]
    changed = {
        (kind, name)
        for kind in ResourceType
        for name, resource in after.of_type(kind).items()
        if before.of_type(kind)[name].version != resource.version
    }
    assert changed == {(ResourceType.SECRET, "certificate/one")}


def test_it_is_told_when_to_translate_again() -> None:
    assert translated(GOOD).next_turn == END.timestamp()
    early = Secret("one", AUTHORITY.issue("one.test", not_before=END).data())
    waiting = translated(early)
    assert waiting.next_turn == END.timestamp()
    assert chains_of(waiting.snapshots["ingress"], "gloo-https") == {}
    healed = translated(early, now=END.timestamp())
    assert chains_of(healed.snapshots["ingress"], "gloo-https") == {"certificate/one": ("one.test",)}


def test_without_its_authority_a_host_that_asks_clients_is_not_served_at_all() -> None:
    text = "{name: one, domains: [one.test], routes: [], ssl_config: {secret_ref: one, client_ca_secret_ref: ca}}"
    found = translated(GOOD, text=text)
    assert chains_of(found.snapshots["ingress"], "gloo-https") == {}
    assert found.reports["VirtualService/one"].state == "Pending"
    assert "client_ca_secret_ref: there is no secret named 'ca'" in found.reports["VirtualService/one"].reason


def test_verdicts_stay_the_same_objects_while_nothing_changes() -> None:
    config, memo = config_of(TEXT, secrets=(GOOD,)), Memo()
    runs = [translate(config, PLUGINS, gateway=GATEWAY, now=NOW, memo=memo) for _ in range(2)]
    assert runs[0].reports["VirtualService/one"] is runs[1].reports["VirtualService/one"]
    assert runs[0].snapshots == runs[1].snapshots == translated(GOOD).snapshots


TWO = "{name: two, domains: [two.test], routes: [], ssl_config: {secret_ref: one, min_tls_version: TLSv1_3}}"


def test_a_bug_about_one_virtual_service_leaves_the_others_their_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(item: ConfigObject, *given: Any) -> SecureService:
        if item.name == "two":
            raise ValueError("hidden")
        return secure_service(item, *given)

    monkeypatch.setattr(import_module("gloo.translator.secure_services"), "secure_service", boom)
    found = translate(config_of(TEXT, TWO, secrets=(GOOD,)), PLUGINS, gateway=GATEWAY, now=NOW)

    assert chains_of(found.snapshots["ingress"], "gloo-https") == {"certificate/one": ("one.test",)}
    assert found.reports["VirtualService/one"].state == "Accepted"
    assert found.reports["VirtualService/two"].reason.startswith("ssl_config: a bug in gloo: ValueError")
    assert [bug.ref for bug in found.bugs] == ["VirtualService/two"]


def test_a_way_to_answer_that_envoy_refuses_is_left_out_and_told() -> None:
    config = config_of(TEXT, TWO, secrets=(GOOD,))
    first = translate(config, PLUGINS, gateway=GATEWAY, now=NOW)
    (way,) = (tls for tls in first.parts["ingress"].ways if tls.policy.min_version)
    refusals = Refusals({digest_of(tls_bytes(way)): "no such thing"})

    found = translate(config, PLUGINS, gateway=GATEWAY, now=NOW, refusals=refusals)

    assert chains_of(found.snapshots["ingress"], "gloo-https") == {
        "certificate/one": ("one.test",),
        "none": ("two.test",),
    }
    assert found.reports["VirtualService/two"].reason == "ssl_config: Envoy refuses it: no such thing"
