"""What a route does on the way to its clusters, as frozen values: retries, hashing, mirroring, another host."""

from typing import TYPE_CHECKING, Literal

from gloo.model.base import Value
from gloo.model.duration import Duration

if TYPE_CHECKING:
    from gloo.envoy.route import HeaderChange

HostKind = Literal["literal", "auto", "header"]
HashKind = Literal["header", "cookie", "query", "source_ip"]


class HostRewrite(Value, frozen=True):
    """Another `Host` for the upstream: *value* itself, the endpoint's own name, or what the header *value* holds."""

    kind: HostKind
    value: str = ""


class RetryPolicy(Value, frozen=True):
    """When and how often a request is tried again.

    Args:
        on: conditions by Envoy's names; any of them starts a retry.
        count: retries at most, beside the first try.
        per_try: how long one try may take.
        per_try_idle: how long one try may be silent.
        back_off: the base, and the most, of the random wait between tries.
        statuses: answers that the condition `retriable-status-codes` is about.
        hedge: start another try when *per_try* passes and take the first good answer, the late one's too.
        avoid_hosts: prefer hosts that have not been tried yet.
    """

    on: tuple[str, ...]
    count: int
    per_try: Duration | None = None
    per_try_idle: Duration | None = None
    back_off: tuple[Duration, Duration] | None = None
    statuses: tuple[int, ...] = ()
    hedge: bool = False
    avoid_hosts: bool = False


class HashPolicy(Value, frozen=True):
    """What of a request decides, with a hashing balancer, which host gets it.

    Args:
        name: the header, cookie or query parameter; empty for the client's address.
        ttl: with a cookie: Envoy sets it when a client has none, for so long (zero: for the session).
        path: with a cookie that Envoy sets: its path.
        terminal: when this gives a hash, later policies are not asked.
    """

    kind: HashKind
    name: str = ""
    ttl: Duration | None = None
    path: str = ""
    terminal: bool = False


class Mirror(Value, frozen=True):
    """A cluster that gets copies of requests; its answers are thrown away.

    Args:
        share: in parts per million.
        marks: headers of copies alone; with them, a copy keeps the host as it is, otherwise ``-shadow`` is added.
    """

    cluster: str
    share: int = 1_000_000
    marks: "tuple[HeaderChange, ...]" = ()
