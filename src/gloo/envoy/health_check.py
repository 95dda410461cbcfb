"""Health checks as Envoy makes them."""

from collections.abc import Sequence

from envoy.config.core.v3 import base_pb2, health_check_pb2
from envoy.type.v3 import http_pb2

from gloo.envoy.message import Message, duration
from gloo.model.health_check import GrpcCheck, HealthCheck, HttpCheck, TcpCheck

_NAME = 27
"""The number of the field `name`, which the message class may be too old to know; Envoy wants it of several checks."""


def health_checks(checks: Sequence[HealthCheck], *, http2: bool, tls: bool = False) -> list[Message]:
    """Return *checks*, all of which a host must pass."""
    messages = [_health_check(check, http2=http2) for check in checks]
    if http2 and tls:
        for message in messages:
            _offer_http2(message)
    for index, message in enumerate(messages if len(messages) > 1 else ()):
        name = f"check{index}".encode()
        message.MergeFromString(_length_delimited(_NAME, name))
    return messages


def _offer_http2(message: Message) -> None:
    """Have a check say by ALPN that it speaks HTTP/2: Envoy says so for requests alone, and servers insist on it."""
    if not message.HasField("tcp_health_check"):
        message.tls_options.alpn_protocols.append("h2")


def _length_delimited(number: int, value: bytes) -> bytes:
    """Return the field *number* as it is on the wire; both it and the length must be small."""
    tag = number << 3 | 2
    return bytes([tag & 0x7F | 0x80, tag >> 7, len(value)]) + value


def _health_check(check: HealthCheck, *, http2: bool) -> Message:
    """Return *check*; by HTTP/2 if the upstream speaks that.

    A check is made at its interval from the first moment on: Envoy's own minute before the first request would leave
    a dead host among the living.
    """
    message = health_check_pb2.HealthCheck(
        interval=duration(check.interval), no_traffic_interval=duration(check.interval), timeout=duration(check.timeout)
    )
    message.healthy_threshold.value = check.healthy_threshold
    message.unhealthy_threshold.value = check.unhealthy_threshold
    if check.http is not None:
        _set_http(message.http_health_check, check.http, http2=http2)
    elif check.tcp is not None:
        _set_tcp(message.tcp_health_check, check.tcp)
    elif check.grpc is not None:
        _set_grpc(message.grpc_health_check, check.grpc)
    return message


def _set_http(message: Message, check: HttpCheck, *, http2: bool) -> None:
    """Fill *message*. Every unexpected status is one failure: Envoy alone would take a host out at the first."""
    message.path, message.host = check.path, check.host or ""
    message.codec_client_type = http_pb2.HTTP2 if http2 else http_pb2.HTTP1
    for first, last in check.statuses:
        message.expected_statuses.add(start=first, end=last + 1)
    message.retriable_statuses.add(start=100, end=600)
    for name, value in check.headers.items():
        message.request_headers_to_add.add(
            header=base_pb2.HeaderValue(key=name, value=value),
            append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
        )


def _set_tcp(message: Message, check: TcpCheck) -> None:
    message.SetInParent()
    if check.send is not None:
        message.send.text = check.send.encode().hex()
    if check.receive is not None:
        message.receive.add(text=check.receive.encode().hex())


def _set_grpc(message: Message, check: GrpcCheck) -> None:
    message.SetInParent()
    message.service_name, message.authority = check.service, check.host or ""
