"""The main road: configuration in, Envoy snapshots and verdicts out."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.translating import GATEWAY, PLUGINS, clusters, config_of, routes, translated, virtual_hosts

from gloo.envoy.snapshot import ResourceType
from gloo.model.codec import decode
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.source import Document
from gloo.model.status import State
from gloo.translator import translate
from gloo.translator.memo import Memo

UPSTREAM = "name: {}\ntype: service\nspec: {{hosts: [{{addr: 127.0.0.1, port: {}}}]}}\n"
SERVICE = (
    "name: {}\ndomains: [{}]\nroutes:\n"
    "- request_matcher: {{path_prefix: {}}}\n  single_destination: {{upstream: {{name: {}}}}}\n"
)


def test_a_route_to_an_upstream_becomes_a_virtual_host_and_a_cluster() -> None:
    translation = translated(UPSTREAM.format("a", 80), SERVICE.format("shop", "shop.org", "/", "a"))
    assert [status.state for status in translation.reports.values()] == [State.ACCEPTED, State.ACCEPTED]
    assert list(clusters(translation)) == ["a"]
    (route,) = routes(translation, "shop")
    assert route["match"] == {"prefix": "/"}
    assert route["route"]["cluster"] == "a"


def test_an_empty_configuration_is_a_listener_that_has_no_routes() -> None:
    translation = translate(ConfigSnapshot.of(()), PLUGINS, gateway=GATEWAY)
    snapshot = translation.snapshots["ingress"]
    kinds = [resource.type for resource in snapshot]
    assert kinds == [ResourceType.LISTENER, ResourceType.EXTENSION, ResourceType.ROUTE]
    assert virtual_hosts(translation) == {}


def test_an_upstream_that_no_route_names_has_a_cluster_and_a_verdict() -> None:
    translation = translated(UPSTREAM.format("a", 80))
    assert list(clusters(translation)) == ["a"]
    assert translation.reports["Upstream/a"].state is State.ACCEPTED


def test_a_role_gets_its_own_virtual_services_only() -> None:
    text = SERVICE.format("shop", "shop.org", "/", "a") + "roles: [edge]\n"
    translation = translated(UPSTREAM.format("a", 80), text)
    assert list(virtual_hosts(translation, "edge")) == ["shop"]
    assert virtual_hosts(translation, "ingress") == {}


def test_an_upstream_and_a_virtual_service_of_one_name_have_verdicts_of_their_own() -> None:
    translation = translated(UPSTREAM.format("a", 0), SERVICE.format("a", "x.org", "/", "a"))
    assert set(translation.reports) == {"Upstream/a", "VirtualService/a"}


NAMES = st.sampled_from("abc")
UPSTREAMS = st.builds(UPSTREAM.format, NAMES, st.sampled_from([0, 80, 443]))
SERVICES = st.builds(
    SERVICE.format, NAMES, st.sampled_from(["x.org", "y.org", "'*'"]), st.sampled_from(["/", "/a", "a"]), NAMES
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(UPSTREAMS | SERVICES, max_size=6), min_size=1, max_size=5), st.randoms())
def test_a_memo_of_earlier_runs_changes_nothing(states: list[list[str]], order: random.Random) -> None:
    memo = Memo()
    known = {text: decode(Document(f"{number}.yaml", text)) for state in states for number, text in enumerate(state)}
    for state in states * 2:
        objects = [item for text in state for item in known[text]]
        order.shuffle(objects)
        config = ConfigSnapshot.of(objects)
        remembered = translate(config, PLUGINS, gateway=GATEWAY, memo=memo)
        fresh = translate(config, PLUGINS, gateway=GATEWAY)
        assert remembered.reports == fresh.reports
        assert list(map(_bodies, remembered.snapshots.values())) == list(map(_bodies, fresh.snapshots.values()))


def _bodies(snapshot: object) -> list[object]:
    assert hasattr(snapshot, "__iter__")
    return [(resource.type, resource.name, resource.body, resource.needs) for resource in snapshot]


def test_what_has_not_changed_is_not_made_again() -> None:
    config, memo = config_of(UPSTREAM.format("a", 80), SERVICE.format("shop", "x.org", "/", "a")), Memo()
    first = translate(config, PLUGINS, gateway=GATEWAY, memo=memo)
    second = translate(config, PLUGINS, gateway=GATEWAY, memo=memo)
    cluster = (ResourceType.CLUSTER, "a")
    assert first.snapshots["ingress"].of_type(cluster[0])["a"] is second.snapshots["ingress"].of_type(cluster[0])["a"]
