"""Balancing: which host of an upstream gets a request, and which hosts get none for a while."""

from typing import Annotated, Literal

from msgspec import Meta

from gloo.model.base import Model
from gloo.model.duration import Duration

Count = Annotated[int, Meta(ge=1, le=2**32 - 1)]
Percent = Annotated[int, Meta(ge=0, le=100)]
BalancerType = Literal["round_robin", "least_request", "random", "ring_hash", "maglev"]

_ONLY_FOR: dict[str, tuple[BalancerType, ...]] = {
    "choice_count": ("least_request",),
    "minimum_ring_size": ("ring_hash",),
    "maximum_ring_size": ("ring_hash",),
    "hash_function": ("ring_hash",),
    "table_size": ("maglev",),
    "slow_start": ("round_robin", "least_request"),
}


class SlowStart(Model, frozen=True, kw_only=True):
    """Give a new host few requests at first, and its full share at the end of a window."""

    window: Annotated[Duration, Meta(description="time until a host has its full share")]
    aggression: Annotated[float, Meta(gt=0, description="1: the share grows evenly; more: faster at first")] = 1.0
    min_weight_percent: Annotated[Percent, Meta(description="the share that it starts with")] = 10

    def __post_init__(self) -> None:
        if self.window.nanoseconds < 10**6:
            raise ValueError("window must be at least 1ms")


class LoadBalancer(Model, frozen=True, kw_only=True):
    """How a host is chosen. ring_hash and maglev need a hash policy on the route; without one they choose at random."""

    type: Annotated[BalancerType, Meta(description="the way to choose")] = "round_robin"
    choice_count: Annotated[
        Annotated[int, Meta(ge=2, le=1024)] | None,
        Meta(description="least_request: so many hosts are drawn, the least busy one is taken; by default 2"),
    ] = None
    minimum_ring_size: Annotated[
        Annotated[int, Meta(ge=1, le=8388608)] | None,
        Meta(description="ring_hash: at least so many places on the ring; by default 1024"),
    ] = None
    maximum_ring_size: Annotated[
        Annotated[int, Meta(ge=1, le=8388608)] | None,
        Meta(description="ring_hash: at most so many places on the ring; by default 8388608"),
    ] = None
    hash_function: Annotated[
        Literal["xx_hash", "murmur_hash_2"] | None, Meta(description="ring_hash: by default xx_hash")
    ] = None
    table_size: Annotated[
        Annotated[int, Meta(ge=2, le=5000011)] | None,
        Meta(description="maglev: places in the table, a prime number; by default 65537"),
    ] = None
    slow_start: Annotated[
        SlowStart | None, Meta(description="round_robin, least_request: warm up hosts that are new or were sick")
    ] = None
    healthy_panic_threshold: Annotated[
        Percent | None,
        Meta(description="with fewer healthy hosts than this, all get requests; 0 never; by default 50"),
    ] = None

    def __post_init__(self) -> None:
        for name, types in _ONLY_FOR.items():
            if getattr(self, name) is not None and self.type not in types:
                raise ValueError(f"{name} is for type {' or '.join(types)}, not for {self.type}")
        least, most = self.minimum_ring_size or 1024, self.maximum_ring_size or 8388608
        if least > most:
            raise ValueError(f"minimum_ring_size ({least}) is more than maximum_ring_size ({most})")
        if self.table_size is not None and not _is_prime(self.table_size):
            raise ValueError(f"table_size: {self.table_size} is no prime number (e.g. 65537)")


class SuccessRate(Model, frozen=True, kw_only=True):
    """Eject hosts whose rate of successes is far below that of the others."""

    minimum_hosts: Annotated[Count, Meta(description="with fewer busy hosts there is nothing to compare")] = 5
    request_volume: Annotated[Count, Meta(description="a host with fewer requests in an interval isn't judged")] = 100
    stdev_factor: Annotated[
        float, Meta(gt=0, le=1000, description="how many standard deviations below the mean are too many")
    ] = 1.9


class OutlierDetection(Model, frozen=True, kw_only=True):
    """Watch the answers to requests and send none to a host that fails, for a while.

    What is named counts, and nothing else; where none of the ways to fail is named it is five 5xx in a row.
    """

    consecutive_5xx: Annotated[Count | None, Meta(description="so many 5xx or broken connections in a row")] = None
    consecutive_gateway_failures: Annotated[
        Count | None, Meta(description="so many 502, 503, 504 or broken connections in a row")
    ] = None
    consecutive_local_origin_failures: Annotated[
        Count | None,
        Meta(description="so many broken connections in a row; then the others count answers alone"),
    ] = None
    success_rate: Annotated[SuccessRate | None, Meta(description="compare the hosts with each other")] = None
    interval: Annotated[Duration, Meta(description="time from one round of judging and healing to the next")] = (
        Duration(10 * 10**9)
    )
    base_ejection_time: Annotated[
        Duration, Meta(description="how long a host is out, times the number of its ejections")
    ] = Duration(30 * 10**9)
    max_ejection_time: Annotated[Duration, Meta(description="the longest time that a host is out")] = Duration(
        300 * 10**9
    )
    max_ejection_percent: Annotated[
        Percent, Meta(description="no more hosts than these are out at once; but always one may be, unless 0")
    ] = 10

    def __post_init__(self) -> None:
        for name in ("interval", "base_ejection_time", "max_ejection_time"):
            if getattr(self, name).nanoseconds < 10**6:
                raise ValueError(f"{name} must be at least 1ms")
        if self.max_ejection_time.nanoseconds < self.base_ejection_time.nanoseconds:
            raise ValueError(
                f"max_ejection_time ({self.max_ejection_time}) is less than base_ejection_time "
                f"({self.base_ejection_time})"
            )

    @property
    def names_none(self) -> bool:
        """Whether the user names no way to fail."""
        ways = (self.consecutive_5xx, self.consecutive_gateway_failures, self.consecutive_local_origin_failures)
        return not any(ways) and self.success_rate is None


class CircuitBreakers(Model, frozen=True, kw_only=True):
    """Limits of what is under way to the upstream at once, per Envoy; what goes beyond is answered 503."""

    max_connections: Annotated[Count | None, Meta(description="connections; by default 1024")] = None
    max_pending_requests: Annotated[
        Annotated[int, Meta(ge=0, le=2**32 - 1)] | None,
        Meta(description="requests that wait for a connection; by default 1024"),
    ] = None
    max_requests: Annotated[Count | None, Meta(description="requests; by default 1024")] = None
    max_retries: Annotated[
        Annotated[int, Meta(ge=0, le=2**32 - 1)] | None, Meta(description="retries; by default 3")
    ] = None


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
