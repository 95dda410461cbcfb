"""Balancing as Envoy does it."""

import pytest
from envoy.config.cluster.v3 import cluster_pb2

from gloo.envoy.balancing import circuit_breakers, outlier_detection, set_load_balancer
from gloo.envoy.message import Message
from gloo.model.balancing import (
    BalancerType,
    CircuitBreakers,
    LoadBalancer,
    OutlierDetection,
    SlowStart,
    SuccessRate,
)
from gloo.model.duration import Duration


def balanced(balancer: LoadBalancer) -> Message:
    message = cluster_pb2.Cluster()
    set_load_balancer(message, balancer)
    return message


@pytest.mark.parametrize("kind", ["round_robin", "least_request", "random", "ring_hash", "maglev"])
def test_every_way_has_its_policy(kind: BalancerType) -> None:
    policy = balanced(LoadBalancer(type=kind)).lb_policy
    assert cluster_pb2.Cluster.LbPolicy.Name(policy) == kind.upper()


def test_options_go_to_their_way() -> None:
    window = SlowStart(window=Duration(10**9), aggression=2.0)
    least = balanced(LoadBalancer(type="least_request", choice_count=3, slow_start=window)).least_request_lb_config
    assert least.choice_count.value == 3
    assert (least.slow_start_config.slow_start_window.seconds, least.slow_start_config.aggression.default_value) == (
        1,
        2.0,
    )
    robin = balanced(LoadBalancer(slow_start=window)).round_robin_lb_config
    assert robin.slow_start_config.min_weight_percent.value == 10
    ring = balanced(LoadBalancer(type="ring_hash", minimum_ring_size=8, maximum_ring_size=9)).ring_hash_lb_config
    assert (ring.minimum_ring_size.value, ring.maximum_ring_size.value) == (8, 9)
    assert balanced(LoadBalancer(type="maglev", table_size=251)).maglev_lb_config.table_size.value == 251


def test_a_panic_threshold_of_zero_is_written() -> None:
    common = balanced(LoadBalancer(healthy_panic_threshold=0)).common_lb_config
    assert common.HasField("healthy_panic_threshold")


def test_nothing_named_is_five_5xx_in_a_row() -> None:
    message = outlier_detection(OutlierDetection())
    assert (message.consecutive_5xx.value, message.enforcing_consecutive_5xx.value) == (5, 100)
    assert message.enforcing_success_rate.value == 0


def test_what_is_named_counts_and_nothing_else() -> None:
    message = outlier_detection(OutlierDetection(consecutive_gateway_failures=2, success_rate=SuccessRate()))
    assert message.enforcing_consecutive_5xx.value == 0
    assert (message.consecutive_gateway_failure.value, message.enforcing_consecutive_gateway_failure.value) == (2, 100)
    assert (message.enforcing_success_rate.value, message.success_rate_stdev_factor.value) == (100, 1900)
    assert not message.split_external_local_origin_errors


def test_broken_connections_count_apart_when_they_are_named() -> None:
    message = outlier_detection(OutlierDetection(consecutive_local_origin_failures=4))
    assert message.split_external_local_origin_errors
    assert message.consecutive_local_origin_failure.value == 4


@pytest.mark.parametrize(("percent", "always"), [(0, False), (1, True), (50, True)])
def test_one_host_may_be_out_unless_none_may(percent: int, always: bool) -> None:
    message = outlier_detection(OutlierDetection(max_ejection_percent=percent))
    assert message.always_eject_one_host.value is always


def test_limits_that_are_not_given_are_not_written() -> None:
    (thresholds,) = circuit_breakers(CircuitBreakers(max_requests=7, max_retries=0)).thresholds
    assert (thresholds.max_requests.value, thresholds.max_retries.value) == (7, 0)
    assert [field.name for field, _ in thresholds.ListFields()] == ["max_requests", "max_retries"]
