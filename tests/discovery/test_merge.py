"""Discovered functions stand behind the written ones, and never in their place."""

from tests.discovery.upstreams import faas, has
from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.discovery.known import answered
from gloo.discovery.merge import useful, with_discovered
from gloo.model.status import State
from gloo.model.upstream import Upstream
from gloo.translator import Translation, translate
from gloo.translator.memo import Memo

FAAS = """
name: faas
type: openfaas
spec: {gateway: "http://127.0.0.1:1"}
discovery: {functions: true}
functions:
- name: mine
  spec: {function_name: written}
"""
ROUTE = """
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: faas, function_name: found}}
"""


def test_a_written_function_stays_as_it_is_and_discovered_ones_follow() -> None:
    known = {"faas": answered(faas(), None, has("mine", "found"), now=1)}
    item = with_discovered(config_of(FAAS), known, Memo().once).upstreams["faas"]
    assert isinstance(item.value, Upstream)
    assert [(each.name, dict(each.spec)) for each in item.value.functions] == [
        ("mine", {"function_name": "written"}),
        ("found", {}),
    ]
    assert item.discovered == {"found"}


def test_an_upstream_is_the_same_object_as_long_as_nothing_changes() -> None:
    config, memo, before = config_of(FAAS), Memo(), None
    for now in (1, 2, 3):
        before = answered(faas(), before, has("found"), now=now)
        items = {id(with_discovered(config, {"faas": before}, memo.once).upstreams["faas"]) for _ in range(2)}
        memo.turn()
        assert len(items) == 1
    assert with_discovered(config, {}, memo.once) is config


def test_a_route_waits_for_its_function_and_works_once_it_is_found() -> None:
    def verdict(*names: str) -> Translation:
        config = config_of(FAAS, ROUTE)
        known = {"faas": answered(faas(), None, has(*names), now=1)}
        return translate(with_discovered(config, known, Memo().once), PLUGINS, gateway=GATEWAY)

    waiting = verdict("other").reports["VirtualService/default"]
    assert waiting.state is State.PENDING
    assert "its functions are discovered" in waiting.problems[0].hint
    assert verdict("found").reports["VirtualService/default"].state is State.ACCEPTED


def test_answers_to_other_questions_are_of_no_use() -> None:
    known = {"faas": answered(faas(), None, has("a"), now=1)}
    assert useful(known, {"faas": faas(every="1m")}) == known
    assert useful(known, {"faas": faas(gateway="http://127.0.0.1:2")}) == {}
    assert useful(known, {}) == {}
