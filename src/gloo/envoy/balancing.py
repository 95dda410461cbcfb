"""Balancing as Envoy does it: the choice of a host, ejection of hosts that fail, limits of what is under way."""

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2, outlier_detection_pb2

from gloo.envoy.message import Message, duration
from gloo.model.balancing import CircuitBreakers, LoadBalancer, OutlierDetection, SlowStart

_HASH_FUNCTIONS = {
    "xx_hash": cluster_pb2.Cluster.RingHashLbConfig.XX_HASH,
    "murmur_hash_2": cluster_pb2.Cluster.RingHashLbConfig.MURMUR_HASH_2,
}


def set_load_balancer(message: Message, balancer: LoadBalancer) -> None:
    """Set how the cluster *message* chooses a host."""
    message.lb_policy = cluster_pb2.Cluster.LbPolicy.Value(balancer.type.upper())
    if balancer.choice_count is not None:
        message.least_request_lb_config.choice_count.value = balancer.choice_count
    if balancer.table_size is not None:
        message.maglev_lb_config.table_size.value = balancer.table_size
    if balancer.type == "ring_hash":
        _set_ring(message.ring_hash_lb_config, balancer)
    if balancer.slow_start is not None:
        least = balancer.type == "least_request"
        config = message.least_request_lb_config if least else message.round_robin_lb_config
        _set_slow_start(config.slow_start_config, balancer.slow_start)
    if balancer.healthy_panic_threshold is not None:
        message.common_lb_config.healthy_panic_threshold.value = balancer.healthy_panic_threshold


def _set_ring(config: Message, balancer: LoadBalancer) -> None:
    config.SetInParent()
    if balancer.minimum_ring_size is not None:
        config.minimum_ring_size.value = balancer.minimum_ring_size
    if balancer.maximum_ring_size is not None:
        config.maximum_ring_size.value = balancer.maximum_ring_size
    if balancer.hash_function is not None:
        config.hash_function = _HASH_FUNCTIONS[balancer.hash_function]


def _set_slow_start(config: Message, slow_start: SlowStart) -> None:
    config.slow_start_window.CopyFrom(duration(slow_start.window))
    config.aggression.default_value = slow_start.aggression
    config.aggression.runtime_key = "gloo.slow_start.aggression"  # Envoy wants a name by which it could be overridden
    config.min_weight_percent.value = slow_start.min_weight_percent


def outlier_detection(detection: OutlierDetection) -> Message:
    """Return *detection*; what the user does not name is switched off, where Envoy would add ways of its own."""
    message = outlier_detection_pb2.OutlierDetection(
        interval=duration(detection.interval),
        base_ejection_time=duration(detection.base_ejection_time),
        max_ejection_time=duration(detection.max_ejection_time),
        split_external_local_origin_errors=detection.consecutive_local_origin_failures is not None,
    )
    message.max_ejection_percent.value = detection.max_ejection_percent
    message.always_eject_one_host.value = detection.max_ejection_percent > 0
    consecutive_5xx = 5 if detection.names_none else detection.consecutive_5xx
    for name, count in (
        ("consecutive_5xx", consecutive_5xx),
        ("consecutive_gateway_failure", detection.consecutive_gateway_failures),
        ("consecutive_local_origin_failure", detection.consecutive_local_origin_failures),
    ):
        getattr(message, f"enforcing_{name}").value = 0 if count is None else 100
        if count is not None:
            getattr(message, name).value = count
    _set_success_rate(message, detection)
    return message


def _set_success_rate(message: Message, detection: OutlierDetection) -> None:
    rate = detection.success_rate
    message.enforcing_success_rate.value = 0 if rate is None else 100
    message.enforcing_local_origin_success_rate.value = 0
    if rate is not None:
        message.success_rate_minimum_hosts.value = rate.minimum_hosts
        message.success_rate_request_volume.value = rate.request_volume
        message.success_rate_stdev_factor.value = round(rate.stdev_factor * 1000)


def circuit_breakers(limits: CircuitBreakers) -> Message:
    """Return *limits*; those that are not given keep Envoy's defaults."""
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds()
    for name in ("max_connections", "max_pending_requests", "max_requests", "max_retries"):
        limit = getattr(limits, name)
        if limit is not None:
            getattr(thresholds, name).value = limit
    return circuit_breaker_pb2.CircuitBreakers(thresholds=[thresholds])
