"""Health checks as Envoy makes them."""

import pytest
from envoy.config.core.v3 import health_check_pb2
from envoy.type.v3 import http_pb2

from gloo.envoy.health_check import health_checks
from gloo.envoy.message import Message
from gloo.model.duration import Duration
from gloo.model.health_check import GrpcCheck, HealthCheck, HttpCheck, TcpCheck


def checked(check: HealthCheck, *, http2: bool = False) -> Message:
    (message,) = health_checks((check,), http2=http2)
    return message


def test_the_interval_counts_before_the_first_request_too() -> None:
    message = checked(HealthCheck(tcp=TcpCheck(), interval=Duration(3 * 10**9), timeout=Duration(10**9)))
    assert (message.interval.seconds, message.no_traffic_interval.seconds, message.timeout.seconds) == (3, 3, 1)
    assert (message.healthy_threshold.value, message.unhealthy_threshold.value) == (2, 3)


def test_an_http_check_counts_every_unexpected_status_once() -> None:
    check = HttpCheck(path="/up", host="h", expected_statuses=(204, "200-299"), headers={"x-a": "b"})
    message = checked(HealthCheck(http=check)).http_health_check
    assert (message.path, message.host) == ("/up", "h")
    assert [(each.start, each.end) for each in message.expected_statuses] == [(204, 205), (200, 300)]
    assert [(each.start, each.end) for each in message.retriable_statuses] == [(100, 600)]
    assert [(each.header.key, each.header.value) for each in message.request_headers_to_add] == [("x-a", "b")]


@pytest.mark.parametrize(("http2", "codec"), [(False, http_pb2.HTTP1), (True, http_pb2.HTTP2)])
def test_an_http_check_speaks_what_the_upstream_speaks(http2: bool, codec: int) -> None:
    message = checked(HealthCheck(http=HttpCheck(path="/")), http2=http2)
    assert message.http_health_check.codec_client_type == codec


@pytest.mark.parametrize(
    ("http2", "tls", "offered"), [(True, True, ["h2"]), (True, False, []), (False, True, []), (False, False, [])]
)
def test_checks_offer_http2_over_tls_as_requests_do(http2: bool, tls: bool, offered: list[str]) -> None:
    checks = (HealthCheck(http=HttpCheck(path="/")), HealthCheck(grpc=GrpcCheck()), HealthCheck(tcp=TcpCheck()))
    http, grpc, tcp = health_checks(checks, http2=http2, tls=tls)
    assert list(http.tls_options.alpn_protocols) == list(grpc.tls_options.alpn_protocols) == offered
    assert not tcp.HasField("tls_options")


def test_a_tcp_check_sends_and_expects_text_as_hex() -> None:
    message = checked(HealthCheck(tcp=TcpCheck(send="PING", receive="PONG"))).tcp_health_check
    assert message.send.text == "50494e47"
    assert [each.text for each in message.receive] == ["504f4e47"]


def test_a_check_without_fields_is_of_its_kind_all_the_same() -> None:
    assert checked(HealthCheck(tcp=TcpCheck())).WhichOneof("health_checker") == "tcp_health_check"
    assert checked(HealthCheck(grpc=GrpcCheck()), http2=True).WhichOneof("health_checker") == "grpc_health_check"


def test_a_grpc_check_names_service_and_authority() -> None:
    message = checked(HealthCheck(grpc=GrpcCheck(service="shop", host="a")), http2=True).grpc_health_check
    assert (message.service_name, message.authority) == ("shop", "a")


def test_several_checks_get_names_and_one_gets_none() -> None:
    tcp = HealthCheck(tcp=TcpCheck())
    one = health_checks((tcp,), http2=False)[0].SerializeToString()
    first, second = (each.SerializeToString() for each in health_checks((tcp, tcp), http2=False))
    assert b"check" not in one
    assert b"\xda\x01\x06check0" in first
    assert b"\xda\x01\x06check1" in second
    assert health_check_pb2.HealthCheck.FromString(first).HasField("tcp_health_check")
