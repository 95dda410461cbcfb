"""What one stream does when Envoy refuses or says nothing."""

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
