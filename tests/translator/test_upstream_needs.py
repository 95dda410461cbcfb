"""Only what is named is asked for."""

import pytest
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.model.artifact import Artifact
from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.rest import Rest
from gloo.translator import Translation, translate
from gloo.translator.memo import Memo
from gloo.translator.upstream_needs import Needs, needs_of
from gloo.translator.wanted_secrets import wanted_names

REST = """
name: %s
type: service
spec: {hosts: [{addr: a.test, port: 80}]}
service_info: {type: rest}
functions:
- {name: one, spec: {path: '/{{ data_source("t") }}', data_sources: {t: {filename: %s}}}}
- {name: two, spec: {path: /, data_sources: {t: {filename: shared.txt}, u: {inline: a}}}}
- {name: bad, spec: {path: 1, dataSources: {t: {filename: unread.txt}}}}
"""
PLAIN = "{name: plain, type: service, spec: {hosts: [{addr: a.test, port: 80}]}, functions: [{name: f}]}"


def test_only_artifacts_that_functions_name_are_wanted() -> None:
    config = config_of(REST % ("a", "a.txt"), REST % ("b", "b.txt"), PLAIN, "{name: odd, type: unknown}")
    assert wanted_names(config, PLUGINS, Memo()).artifacts == {"a.txt", "b.txt", "shared.txt"}


def test_what_needs_nothing_is_told_so() -> None:
    config = config_of(PLAIN, "{name: default, routes: []}", "{name: odd, type: service, service_info: {type: none}}")
    assert {needs_of(item, PLUGINS) for item in config.objects} == {Needs()}


def test_a_change_of_an_artifact_costs_the_upstreams_that_name_it() -> None:
    config, memo = config_of(REST % ("a", "a.txt"), REST % ("b", "b.txt")), Memo()
    known = {name: Artifact(name, "x") for name in ("a.txt", "b.txt", "shared.txt")}

    def run(artifacts: dict[str, Artifact]) -> Translation:
        whole = ConfigSnapshot(config.upstreams, config.virtual_services, artifacts=artifacts)
        return translate(whole, PLUGINS, gateway=GATEWAY, memo=memo)

    before, after = run(known).reports, run(known | {"b.txt": Artifact("b.txt", "y")}).reports
    assert after["Upstream/a"] is before["Upstream/a"]
    assert after["Upstream/b"] is not before["Upstream/b"]


def test_a_bug_asks_for_nothing_and_the_upstream_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(self: Rest, function: object) -> None:
        raise ValueError("hidden")

    monkeypatch.setattr(Rest, "artifacts", boom)
    config = config_of(REST % ("a", "a.txt"), PLAIN)
    assert wanted_names(config, PLUGINS, Memo()).artifacts == frozenset()
    reports = translate(config, PLUGINS, gateway=GATEWAY).reports
    assert "a bug in gloo: ValueError" in reports["Upstream/a"].reason
    assert reports["Upstream/plain"].state == "Accepted"
