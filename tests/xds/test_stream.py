"""What one stream says and when, in both dialects."""

import pytest
from tests.xds.conversation import Conversation

from gloo.xds.messages import Request


@pytest.fixture
def delta() -> Conversation:
    return Conversation(delta=True)


@pytest.fixture
def sotw() -> Conversation:
    return Conversation(delta=False)


@pytest.fixture(params=["delta", "sotw"])
def either(request: pytest.FixtureRequest) -> Conversation:
    return Conversation(delta=request.param == "delta")


def test_a_start_goes_in_the_order_of_the_types(either: Conversation) -> None:
    either.play("""
        == cluster a:1>endpoint/a | endpoint a:1 | listener l:1>route/r | route r:1
        >> cluster
        << cluster a:1
        >> listener
        << nothing
        >> cluster ack
        << nothing
        >> endpoint a
        << endpoint a:1
        >> endpoint ack
        << listener l:1
        >> listener ack
        << nothing
        >> route r
        << route r:1
        >> route ack
        << nothing
    """)
    assert either.stream.settled
    assert either.verdicts() == ["cluster a ok", "endpoint a ok", "listener l ok", "route r ok"]


def test_nothing_is_said_before_the_first_snapshot(either: Conversation) -> None:
    either.play("""
        >> cluster
        << nothing
        == cluster a:1
        << cluster a:1
    """)


def test_delta_says_only_what_changed(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 b:1 c:1
        >> cluster
        << cluster a:1 b:1 c:1
        >> cluster ack
        == cluster a:1 b:2 d:1
        << cluster b:2 d:1
        >> cluster ack
        << cluster -c
        >> cluster ack
        == cluster a:1 b:2 d:1
        << nothing
    """)


def test_state_of_the_world_says_all_clusters_but_only_the_changed_routes(sotw: Conversation) -> None:
    sotw.play("""
        == cluster a:1 b:1 | route r:1 s:1
        >> cluster
        << cluster a:1 b:1
        >> route r s
        << nothing
        >> cluster ack
        << route r:1 s:1
        >> route ack
        == cluster a:2 b:1 | route r:1 s:2
        << cluster a:2 b:1
        >> cluster ack
        << route s:2
    """)


def test_a_removed_cluster_stays_until_the_routes_are_accepted(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 | listener l:1>route/r | route r:1
        >> cluster
        << cluster a:1
        >> cluster ack
        >> listener
        << listener l:1
        >> listener ack
        >> route r
        << route r:1
        >> route ack
        == cluster b:1 | listener l:1>route/r | route r:2
        << cluster b:1
        >> cluster ack
        << route r:2
        >> route ack
        << cluster -a
        >> cluster ack
    """)


def test_state_of_the_world_keeps_a_removed_cluster_in_its_set_until_then(sotw: Conversation) -> None:
    sotw.play("""
        == cluster a:1 | route r:1
        >> cluster
        << cluster a:1
        >> cluster ack
        >> route r
        << route r:1
        >> route ack
        == cluster b:1 | route r:2
        << cluster a:1 b:1
        >> cluster ack
        << route r:2
        >> route ack
        << cluster b:1
        >> cluster ack
    """)


def test_removals_go_referrers_first(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1>endpoint/a | endpoint a:1 | secret s:1 | listener l:1>route/r | route r:1
        >> secret s
        << secret s:1
        >> cluster
        << cluster a:1
        >> endpoint a
        << endpoint a:1
        >> endpoint ack
        >> cluster ack
        >> secret ack
        >> listener
        << listener l:1
        >> listener ack
        >> route r
        << route r:1
        >> route ack
        == endpoint unasked:1
        << listener -l
        >> listener ack
        << route -r
        >> route ack
        << cluster -a
        >> cluster ack
        << endpoint -a
        >> endpoint ack
        << secret -s
        >> secret ack
    """)


def test_clusters_that_a_refused_route_update_may_still_need_are_kept(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 | route r:1
        >> cluster
        << cluster a:1
        >> cluster ack
        >> route r
        << route r:1
        >> route ack
        == cluster b:1 | route r:2
        << cluster b:1
        >> cluster ack
        << route r:2
        >> route nack bad regex
        << nothing
        == cluster b:1 | route r:3
        << route r:3
        >> route ack
        << cluster -a
    """)


def test_endpoints_go_along_with_a_changed_cluster_that_is_not_acknowledged_yet(either: Conversation) -> None:
    either.play("""
        == cluster a:1>endpoint/a | endpoint a:1
        >> cluster
        << cluster a:1
        >> cluster ack
        >> endpoint a
        << endpoint a:1
        >> endpoint ack
        == cluster a:2>endpoint/a | endpoint a:1
        << cluster a:2
        << endpoint a:1
        >> endpoint ack
        >> cluster ack
        << nothing
    """)
    assert either.stream.settled


def test_listeners_wait_until_envoy_asked_for_the_endpoints_of_new_clusters(delta: Conversation) -> None:
    delta.play("""
        >> cluster
        >> listener
        == cluster a:1>endpoint/a | endpoint a:1 | listener l:1
        << cluster a:1
        >> cluster ack
        << nothing
        >> endpoint a
        << endpoint a:1
        >> endpoint ack
        << listener l:1
    """)


def test_an_answer_to_an_old_response_is_no_verdict(either: Conversation) -> None:
    either.play("""
        == cluster a:1
        >> cluster
        << cluster a:1
        >> cluster stale
        << nothing
    """)
    assert not either.verdicts()
    assert not either.stream.settled


def test_a_newer_snapshot_supersedes_an_unfinished_one(delta: Conversation) -> None:
    delta.play("""
        >> cluster
        >> route r
        == cluster a:1 b:1 | route r:1
        << cluster a:1 b:1
        == cluster a:2 c:1 | route r:2
        << nothing
        >> cluster ack
        << cluster a:2 c:1
        >> cluster ack
        << route r:2
        >> route ack
        << cluster -b
    """)


def test_a_change_taken_back_before_it_was_sent_is_never_sent(delta: Conversation) -> None:
    delta.play("""
        >> cluster
        >> route r
        == cluster a:1 | route r:1
        << cluster a:1
        >> cluster ack
        << route r:1
        >> route ack
        == cluster a:2 | route r:2
        << cluster a:2
        == cluster a:2 | route r:1
        >> cluster ack
        << nothing
    """)


def test_a_new_snapshot_object_with_equal_content_costs_no_message(either: Conversation) -> None:
    either.play("""
        == cluster a:1
        >> cluster
        << cluster a:1
        >> cluster ack
        == cluster a:1
        << nothing
    """)


def test_a_type_that_we_do_not_serve_is_left_alone(either: Conversation) -> None:
    either.play("== cluster a:1")
    outcome = either.stream.receive(Request("type.googleapis.com/envoy.service.runtime.v3.Runtime"), 0)
    assert not outcome.responses


def test_what_routes_name_of_a_filter_is_there_before_them(either: Conversation) -> None:
    either.play("""
        == listener l:1>route/r,extension/f | extension f:1 | route r:1
        >> listener
        << listener l:1
        >> listener ack
        >> route r
        << nothing
        >> extension f
        << extension f:1
        >> extension ack
        << route r:1
        >> route ack
        == listener l:1>route/r,extension/f | extension f:2 | route r:2
        << extension f:2
        >> extension ack
        << route r:2
        >> route ack
    """)
    assert either.stream.settled


def test_routes_are_said_though_what_configures_a_filter_is_refused(either: Conversation) -> None:
    either.play("""
        == listener l:1>route/r,extension/f | extension f:1 | route r:1
        >> listener
        << listener l:1
        >> listener ack
        >> extension f
        << extension f:1
        >> extension nack no good
        >> route r
        << route r:1
    """)
    assert [each.resource[1] for each in either.stream.rejections()] == ["f"]
