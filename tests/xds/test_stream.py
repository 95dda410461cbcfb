"""What one stream says and when, in both dialects."""

import pytest
from tests.xds.conversation import Conversation

from gloo.xds.messages import Request

CDS_ERROR = "Error adding/updating cluster(s)"


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


def test_a_first_wildcard_is_answered_even_when_there_is_nothing(either: Conversation) -> None:
    either.play("""
        == route unasked:1
        >> cluster
        << cluster
        >> cluster ack
        << nothing
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


def test_a_reconnecting_envoy_gets_only_what_it_lacks(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 b:2 c:1
        >> cluster * a=1 b=1 d=1
        << cluster b:2 c:1
        >> cluster ack
        << cluster -d
        >> cluster ack
    """)


def test_a_reconnecting_envoy_that_has_all_gets_nothing(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1>endpoint/a | endpoint a:1
        >> cluster a=1
        << nothing
        >> endpoint a a=1
        << nothing
    """)
    assert not delta.verdicts()


def test_a_reconnected_envoy_is_not_settled_before_it_named_what_its_clusters_need(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1>endpoint/a | endpoint a:1
        >> cluster * a=1
    """)
    assert not delta.stream.settled
    delta.play(">> endpoint a a=1")
    assert delta.stream.settled


def test_a_name_that_does_not_exist_is_told_so_until_it_does(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1
        >> route r
        << route -r
        >> route ack
        == cluster a:1 | route r:1
        << route r:1
    """)


def test_state_of_the_world_says_nothing_about_a_name_that_does_not_exist(sotw: Conversation) -> None:
    sotw.play("""
        == cluster a:1
        >> route r
        << nothing
        == cluster a:1 | route r:1
        << route r:1
    """)


def test_subscriptions_may_change_in_mid_stream(either: Conversation) -> None:
    either.play("""
        == endpoint a:1 b:1
        >> endpoint a
        << endpoint a:1
        >> endpoint ack b
        << endpoint b:1
        >> endpoint ack
        << nothing
    """)


def test_an_unsubscribed_name_is_heard_of_no_more(delta: Conversation) -> None:
    delta.play("""
        == endpoint a:1 b:1
        >> endpoint a b
        << endpoint a:1 b:1
        >> endpoint ack
        >> endpoint -a
        == endpoint a:2 b:2
        << endpoint b:2
        >> endpoint ack a
        << endpoint a:2
    """)


def test_a_name_asked_for_again_is_sent_again(delta: Conversation) -> None:
    delta.play("""
        == endpoint a:1
        >> endpoint a
        << endpoint a:1
        >> endpoint ack
        >> endpoint a
        << endpoint a:1
    """)


def test_a_name_asked_for_again_while_it_is_on_its_way_is_sent_again(delta: Conversation) -> None:
    delta.play("""
        == endpoint a:1
        >> endpoint a
        << endpoint a:1
        >> endpoint -a
        >> endpoint a
        >> endpoint ack
        << endpoint a:1
    """)


def test_the_wildcard_can_be_left_for_names(either: Conversation) -> None:
    either.play("""
        == cluster a:1 b:1
        >> cluster *
        << cluster a:1 b:1
        >> cluster ack -* a
        << cluster a:1
        >> cluster ack
        == cluster a:1 b:2
        << nothing
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


def test_envoy_names_what_it_refuses_and_the_rest_counts_as_accepted(delta: Conversation) -> None:
    delta.play(f"""
        == cluster a:1 b:1 c:1
        >> cluster
        << cluster a:1 b:1 c:1
        >> cluster nack {CDS_ERROR} a: too old, b: too young, really
        << nothing
        == cluster a:1 b:2 c:1
        << cluster b:2
    """)
    assert delta.verdicts() == ["cluster a no: too old", "cluster b no: too young, really", "cluster c ok"]


def test_a_refusal_without_names_is_tracked_down_by_halving(delta: Conversation) -> None:
    delta.play("""
        == route a:1 b:1 c:1
        >> route a b c
        << route a:1 b:1 c:1
        >> route nack no good
        << route a:1
        >> route ack
        << route b:1 c:1
        >> route nack no good
        << route b:1
        >> route nack no good
        << route c:1
        >> route ack
        << nothing
    """)
    assert delta.verdicts() == ["route a ok", "route b no: no good", "route c ok"]
    assert [one.resource[1] for one in delta.stream.rejections()] == ["b"]
    assert delta.stream.settled


def test_state_of_the_world_tracks_down_a_cluster_without_losing_the_others(sotw: Conversation) -> None:
    sotw.play("""
        == cluster a:1
        >> cluster
        << cluster a:1
        >> cluster ack
        == cluster a:1 b:1 c:1
        << cluster a:1 b:1 c:1
        >> cluster nack invalid duration
        << cluster a:1 b:1
        >> cluster ack
        << cluster a:1 b:1 c:1
        >> cluster nack invalid duration
        << nothing
        == cluster a:1 b:2 c:1
        << cluster a:1 b:2
    """)
    assert sotw.verdicts() == ["cluster a ok", "cluster b ok", "cluster c no: invalid duration"]


def test_state_of_the_world_goes_on_saying_the_version_that_envoy_kept(sotw: Conversation) -> None:
    sotw.play(f"""
        == cluster a:1 b:1
        >> cluster
        << cluster a:1 b:1
        >> cluster ack
        == cluster a:2 b:1
        << cluster a:2 b:1
        >> cluster nack {CDS_ERROR} a: no
        == cluster a:2 b:2
        << cluster a:1 b:2
    """)


def test_state_of_the_world_does_not_halve_a_set_that_envoy_kept_from_before(sotw: Conversation) -> None:
    url = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
    sotw.play("== cluster a:1 b:1")
    sotw.take(sotw.stream.receive(Request(url, version="old"), 0))
    sotw.play("""
        << cluster a:1 b:1
        >> cluster nack invalid
        << nothing
    """)
    assert sotw.verdicts() == ["cluster a no: invalid", "cluster b no: invalid"]


def test_a_refused_version_is_not_sent_again_but_the_good_old_one_counts(delta: Conversation) -> None:
    delta.play("""
        == route r:1
        >> route r
        << route r:1
        >> route ack
        == route r:2
        << route r:2
        >> route nack no
        == route r:2 | cluster unasked:1
        << nothing
        == route r:1
        << nothing
    """)
    assert not delta.stream.rejections()


def test_a_new_snapshot_object_with_equal_content_costs_no_message(either: Conversation) -> None:
    either.play("""
        == cluster a:1
        >> cluster
        << cluster a:1
        >> cluster ack
        == cluster a:1
        << nothing
    """)


def test_a_silent_envoy_is_told_of_once_with_type_and_names(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 b:1 | route r:1
        >> route r
        << route r:1
        >> cluster
        << cluster a:1 b:1
        >> route ack
    """)
    assert delta.stream.stall(4, 5)[0] is None
    assert str(delta.stream.stall(6, 5)[0]) == "Envoy has not answered for cluster a, b in 6.0 s"
    assert delta.stream.stall(99, 5)[0] is None


def test_a_cluster_that_does_not_warm_holds_up_only_removals_once_it_was_told_of(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 | route r:1
        >> cluster
        << cluster a:1
        >> cluster ack
        >> route r
        << route r:1
        >> route ack
        == cluster slow:1 | route r:2
        << cluster slow:1
    """)
    delta.take(delta.stream.stall(6, 5)[1])
    delta.play("""
        << route r:2
        >> route ack
        << nothing
        >> cluster ack
        << cluster -a
    """)


def test_what_envoy_never_asks_for_is_given_up(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1>endpoint/a | endpoint a:1 | listener l:1
        >> listener
        << listener l:1
        >> listener ack
        >> cluster
        << cluster a:1
        >> cluster ack
        == cluster a:1>endpoint/a | endpoint a:1 | listener l:2
        << nothing
    """)
    stall, outcome = delta.stream.stall(6, 5)
    assert str(stall) == "Envoy has not asked for endpoint a in 6.0 s"
    delta.take(outcome)
    delta.play("<< listener l:2")


def test_a_type_that_we_do_not_serve_is_left_alone(either: Conversation) -> None:
    either.play("== cluster a:1")
    outcome = either.stream.receive(Request("type.googleapis.com/envoy.service.runtime.v3.Runtime"), 0)
    assert not outcome.responses
