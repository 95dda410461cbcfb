"""Health checks: asking each host of an upstream, again and again, whether it can take requests."""

import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.errors import ConfigError
from gloo.model.base import Model, exactly_one
from gloo.model.duration import Duration
from gloo.model.http_name import check_header_name, check_header_value, is_host

Threshold = Annotated[int, Meta(ge=1, le=1000)]
_Text = Annotated[str, Meta(min_length=1)]
_Host = Annotated[str, Meta(min_length=1, max_length=253)]
_RANGE = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?\Z")


class HttpCheck(Model, frozen=True, kw_only=True):
    """Ask for a path; by HTTP/2 if the upstream speaks that."""

    path: Annotated[str, Meta(pattern=r"^/[^\x00-\x20\x7f#]*$", description="the path to GET, e.g. /healthz")]
    host: Annotated[_Host | None, Meta(description="the Host to ask with; by default each host's own name")] = None
    expected_statuses: Annotated[
        tuple[int | str, ...],
        Meta(description='what a healthy host answers: 204, or "200-299"; by default 200'),
    ] = ()
    headers: Annotated[Mapping[str, str], Meta(description="headers to send")] = {}

    def __post_init__(self) -> None:
        _ = self.statuses
        try:
            for name, value in self.headers.items():
                check_header_name(name, "headers")
                check_header_value(value, f"headers.{name}")
        except ConfigError as error:
            raise ValueError(str(error)) from error

    @property
    def statuses(self) -> tuple[tuple[int, int], ...]:
        """The expected statuses as ranges, both ends included."""
        return tuple(_range(status) for status in self.expected_statuses)


class TcpCheck(Model, frozen=True, kw_only=True):
    """Connect; then send and wait for an answer, if they are given."""

    send: Annotated[_Text | None, Meta(description='text to send, e.g. "PING\\r\\n"')] = None
    receive: Annotated[_Text | None, Meta(description="text that the answer must hold")] = None


class GrpcCheck(Model, frozen=True, kw_only=True):
    """Call grpc.health.v1.Health/Check."""

    service: Annotated[str, Meta(description="the service to ask about; empty for the server as a whole")] = ""
    host: Annotated[_Host | None, Meta(description="the authority to call; by default each host's own name")] = None


class HealthCheck(Model, frozen=True, kw_only=True):
    """One health check, in just one of its ways; a host that fails it gets no requests."""

    http: Annotated[HttpCheck | None, Meta(description="ask for a path")] = None
    tcp: Annotated[TcpCheck | None, Meta(description="connect")] = None
    grpc: Annotated[GrpcCheck | None, Meta(description="call the gRPC health service")] = None
    interval: Annotated[Duration, Meta(description="time from one check of a host to the next")] = Duration(10 * 10**9)
    timeout: Annotated[Duration, Meta(description="time that a host has for its answer")] = Duration(2 * 10**9)
    healthy_threshold: Annotated[Threshold, Meta(description="so many successes in a row heal a sick host")] = 2
    unhealthy_threshold: Annotated[Threshold, Meta(description="so many failures in a row make a host sick")] = 3

    def __post_init__(self) -> None:
        if self.host is not None and not is_host(self.host):
            raise ValueError(f"host: {self.host!r} is no host")
        exactly_one("a health check", http=self.http, tcp=self.tcp, grpc=self.grpc)
        for name, span in (("interval", self.interval), ("timeout", self.timeout)):
            if span.nanoseconds < 10**6:
                raise ValueError(f"{name} must be at least 1ms")

    @property
    def host(self) -> str | None:
        """The host name that it asks with, where the user gives one."""
        return self.http.host if self.http else self.grpc.host if self.grpc else None


def _range(status: int | str) -> tuple[int, int]:
    found = _RANGE.match(str(status))
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        raise ValueError(f'expected_statuses: {status!r} is no HTTP status (e.g. 204, or a range: "200-299")')
    return first, last
