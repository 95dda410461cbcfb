"""Policies of a route are values: equal ones are equal, and what is not given is left to Envoy."""

from gloo.envoy.route_policy import HashPolicy, Mirror, RetryPolicy


def test_equal_policies_are_equal_and_can_be_keys() -> None:
    assert len({RetryPolicy(("5xx",), 1), RetryPolicy(("5xx",), 1), RetryPolicy(("5xx",), 2)}) == 2


def test_a_mirror_copies_all_unless_it_says_less() -> None:
    assert Mirror("next").share == 1_000_000


def test_a_hash_policy_lets_later_ones_speak_unless_it_is_terminal() -> None:
    assert not HashPolicy("source_ip").terminal
