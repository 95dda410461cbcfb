"""Connections to the hosts of an upstream, and finding the hosts by DNS."""

from typing import Annotated, Literal

from msgspec import Meta

from gloo.model.base import Model
from gloo.model.duration import Duration

Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
DnsFamily = Literal["auto", "v4_only", "v6_only", "v4_preferred", "all"]


class TcpKeepalive(Model, frozen=True, kw_only=True):
    """Let the kernel ask on silent connections whether the other side is still there."""

    probes: Annotated[Count | None, Meta(description="unanswered probes until it is given up; else the kernel's")] = (
        None
    )
    time: Annotated[Duration | None, Meta(description="silence before a probe, in seconds; else the kernel's")] = None
    interval: Annotated[Duration | None, Meta(description="time between probes, in seconds; else the kernel's")] = None

    def __post_init__(self) -> None:
        for name, span in (("time", self.time), ("interval", self.interval)):
            if span is not None and (span.nanoseconds == 0 or span.nanoseconds % 10**9):
                raise ValueError(f"{name}: {span} can't be set, the kernel counts whole seconds from 1s")


class Connection(Model, frozen=True, kw_only=True):
    """How connections are kept."""

    max_requests_per_connection: Annotated[
        Count | None, Meta(description="close a connection after so many requests; without it there is no limit")
    ] = None
    tcp_keepalive: Annotated[TcpKeepalive | None, Meta(description="detect dead connections that are silent")] = None
    idle_timeout: Annotated[
        Duration | None, Meta(description="close a connection without requests after this; 0 never; by default 1h")
    ] = None
    buffer_limit: Annotated[
        Count | None, Meta(description="bytes that are buffered per connection; by default 1048576 (1 MiB)")
    ] = None


class Dns(Model, frozen=True, kw_only=True):
    """How host names become addresses."""

    refresh_rate: Annotated[
        Duration | None, Meta(description="ask again after this time; without it when the records expire")
    ] = None
    respect_ttl: Annotated[
        bool | None, Meta(description="ask again when the records expire; by default, unless there is a refresh_rate")
    ] = None
    family: Annotated[
        DnsFamily | None,
        Meta(description="auto prefers IPv6, v4_preferred IPv4; all takes both; by default v4_only"),
    ] = None

    def __post_init__(self) -> None:
        if self.refresh_rate is not None and self.refresh_rate.nanoseconds < 10**6 + 1:
            raise ValueError("refresh_rate must be more than 1ms")

    @property
    def respects_ttl(self) -> bool:
        """Whether the records' own times count."""
        return self.refresh_rate is None if self.respect_ttl is None else self.respect_ttl
