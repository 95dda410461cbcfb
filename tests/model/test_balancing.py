"""Balancing: what may be said together."""

import pytest

from gloo.model.balancing import CircuitBreakers, LoadBalancer, OutlierDetection
from gloo.model.base import Json
from gloo.model.strict import decode_struct, to_builtins


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"type": "ring_hash", "choice_count": 2}, "choice_count is for type least_request, not for ring_hash"),
        ({"minimum_ring_size": 2}, "minimum_ring_size is for type ring_hash, not for round_robin"),
        ({"type": "maglev", "hash_function": "xx_hash"}, "hash_function is for type ring_hash, not for maglev"),
        ({"type": "random", "table_size": 7}, "table_size is for type maglev, not for random"),
        (
            {"type": "random", "slow_start": {"window": "1s"}},
            "slow_start is for type round_robin or least_request, not for random",
        ),
        ({"type": "maglev", "table_size": 65536}, "65536 is no prime number"),
        ({"type": "ring_hash", "maximum_ring_size": 100}, "minimum_ring_size (1024) is more than maximum_ring_size"),
        ({"slow_start": {"window": "0s"}}, "window must be at least 1ms"),
    ],
)
def test_what_does_not_go_together_is_an_error(written: Json, said: str) -> None:
    _, (problem,) = decode_struct(written, LoadBalancer)
    assert said in problem.problem


def test_an_unknown_way_to_balance_is_an_error_at_its_field() -> None:
    _, (problem,) = decode_struct({"type": "fastest"}, LoadBalancer)
    assert problem.field == "type"


def test_every_option_reads_back_as_it_was() -> None:
    written = {
        "type": "ring_hash",
        "minimum_ring_size": 64,
        "maximum_ring_size": 128,
        "hash_function": "murmur_hash_2",
        "healthy_panic_threshold": 0,
    }
    balancer, problems = decode_struct(written, LoadBalancer)
    assert problems == ()
    assert balancer is not None
    assert to_builtins(balancer) == written


def test_without_a_way_to_fail_five_5xx_in_a_row_are_meant() -> None:
    assert OutlierDetection().names_none
    assert not OutlierDetection(consecutive_gateway_failures=1).names_none


def test_the_longest_ejection_is_no_shorter_than_the_first() -> None:
    _, (problem,) = decode_struct({"base_ejection_time": "10m"}, OutlierDetection)
    assert "max_ejection_time (300s) is less than base_ejection_time (600s)" in problem.problem


@pytest.mark.parametrize("field", ["interval", "base_ejection_time", "max_ejection_time"])
def test_a_span_of_nothing_is_an_error(field: str) -> None:
    _, (problem,) = decode_struct({field: 0}, OutlierDetection)
    assert f"{field} must be at least 1ms" in problem.problem


def test_no_connection_at_all_is_no_limit_to_choose() -> None:
    assert decode_struct({"max_connections": 0}, CircuitBreakers)[1] != ()
    assert decode_struct({"max_retries": 0, "max_pending_requests": 0}, CircuitBreakers)[1] == ()
