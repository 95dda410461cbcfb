"""What one stream does about what Envoy wants, wants no more, or kept from an earlier stream."""

import pytest
from tests.xds.conversation import Conversation


@pytest.fixture
def delta() -> Conversation:
    return Conversation(delta=True)


@pytest.fixture
def sotw() -> Conversation:
    return Conversation(delta=False)


@pytest.fixture(params=["delta", "sotw"])
def either(request: pytest.FixtureRequest) -> Conversation:
    return Conversation(delta=request.param == "delta")


def test_a_first_wildcard_is_answered_even_when_there_is_nothing(either: Conversation) -> None:
    either.play("""
        == route unasked:1
        >> cluster
        << cluster
        >> cluster ack
        << nothing
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


def test_clusters_can_come_ahead_of_what_is_not_known_yet(delta: Conversation) -> None:
    delta.play("""
        >> cluster *
        >> listener *
        =~ cluster a:1 b:1
        << cluster a:1 b:1
        >> cluster ack
        << nothing
        == cluster a:1 b:2 | listener l:1>route/r | route r:1
        << cluster b:2
        >> cluster ack
        << listener l:1
        >> listener ack
        >> route r
        << route r:1
    """)


def test_what_comes_ahead_takes_nothing_from_a_reconnecting_envoy(delta: Conversation) -> None:
    delta.play("""
        =~ cluster a:1 b:1
        >> cluster * a=1 c=1
        << cluster b:1
        >> secret s s=1
        >> listener * l=1
        >> route r r=1
        >> cluster ack
        << nothing
        == cluster a:1 b:1 | secret s:1 | listener l:1>route/r | route r:2
        << route r:2
        >> route ack
        << cluster -c
        >> cluster ack
    """)


def test_a_reconnecting_envoy_that_wants_the_state_of_the_world_waits_for_all_of_it(sotw: Conversation) -> None:
    sotw.play("""
        >> cluster *
        =~ cluster a:1
        << nothing
        == cluster a:1 b:1
        << cluster a:1 b:1
    """)


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


def test_what_was_on_its_way_when_the_wildcard_ended_is_forgotten(delta: Conversation) -> None:
    delta.play("""
        == cluster a:1 b:1
        >> cluster *
        << cluster a:1 b:1
        >> cluster -*
        >> cluster ack
        == endpoint unasked:1
        << nothing
    """)
    assert not delta.verdicts()


def test_what_a_reconnecting_envoy_kept_but_wants_no_more_is_not_sent(delta: Conversation) -> None:
    delta.play("""
        == endpoint a:1 b:2
        >> endpoint a a=1 b=1
        << nothing
        == endpoint a:2
        << endpoint a:2
        >> endpoint ack
        << nothing
    """)
