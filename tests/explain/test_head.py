"""Heads that Envoy does not take. What it answers is what Envoy 1.40 was seen to answer."""

import pytest

from gloo.explain.head import refused
from gloo.explain.request import Headers, request_of

HEAD_OF_X_A = len("GET / HTTP/1.1\r\nhost: a\r\nx-a: \r\n\r\n")


def _refused(
    headers: Headers = (), *, method: str = "GET", host: str = "a", body: bytes | None = None
) -> tuple[int, str]:
    found = refused(request_of(method, "/", (("host", host), *headers), body))
    return (found.answer.status, found.reason) if found is not None else (0, "")


@pytest.mark.parametrize(
    ("method", "host", "reason"),
    [
        ("GET", "a.test", ""),
        ("PROPFIND", "a.test;x@,b_c%:80", ""),
        ("FOO", "a.test", "over HTTP/1.1 Envoy takes no method 'FOO'"),
        ("CONNECT", "a.test", "over HTTP/1.1 Envoy takes no method 'CONNECT'"),
        ("QUERY", "a.test", "Envoy takes the method 'QUERY' with a content-type alone"),
        ("get", "a.test", "over HTTP/1.1 Envoy takes no method 'get', but GET"),
        ("GET", "a.test/", "Envoy takes no host 'a.test/'"),
        ("GET", "a b.test", "Envoy takes no host 'a b.test'"),
        ("GET", "é.test", "Envoy takes no host 'é.test'"),
    ],
)
def test_methods_and_hosts_that_envoy_answers_400_are_named(method: str, host: str, reason: str) -> None:
    assert _refused(method=method, host=host) == (400 if reason else 0, reason)


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ([("content-type", "a/b")], True),
        ([("content-type", "")], False),
        ([("content-type", "a/b"), ("connection", "content-type")], False),
    ],
)
def test_a_query_needs_a_type(headers: list[tuple[str, str]], taken: bool) -> None:
    assert (_refused(tuple(headers), method="QUERY") == (0, "")) is taken


@pytest.mark.parametrize(("value", "status"), [("a\x01b", 400), ("a\x7f", 400), ("a\tb", 0), ("é", 0)])
def test_a_control_character_in_a_header_is_answered_400(value: str, status: int) -> None:
    assert _refused((("x-a", value),))[0] == status


def test_a_head_of_more_than_60_kib_is_answered_431() -> None:
    assert _refused((("x-a", "a" * (61440 - HEAD_OF_X_A)),)) == (0, "")
    told = "the head has 61441 bytes, and Envoy takes 61440"
    assert _refused((("x-a", "a" * (61441 - HEAD_OF_X_A)),)) == (431, told)


def test_more_than_1000_headers_are_answered_431_where_those_that_are_joined_count_as_one() -> None:
    assert _refused((("a", "b"),) * 999) == (0, "")
    assert _refused((("a", "b"),) * 1000) == (431, "there are 1001 headers, and Envoy takes 1000")
    assert _refused((("accept", "b"),) * 1001) == (0, "")
    assert _refused((("a", "b"),) * 999, body=b"1")[0] == 431


@pytest.mark.parametrize(
    ("coding", "status"), [("chunked", 0), ("Chunked", 0), ("gzip", 501), ("identity", 501), ("gzip, chunked", 501)]
)
def test_no_transfer_encoding_but_chunked_is_taken(coding: str, status: int) -> None:
    assert _refused((("transfer-encoding", coding),), body=b"1")[0] == status


@pytest.mark.parametrize(
    "headers",
    [
        (("content-length", "1"), ("content-length", "1")),
        (("content-length", "x"),),
        (("content-length", "1"), ("transfer-encoding", "chunked")),
    ],
)
def test_a_length_that_is_none_or_not_the_only_one_is_answered_400(headers: Headers) -> None:
    assert _refused(headers, body=b"1")[0] == 400


@pytest.mark.parametrize(
    ("connection", "status"),
    [
        ("close, x-a", 0),
        ("x-forwarded-port", 0),
        ("Host", 400),
        ("x-a, X-Forwarded-For", 400),
        ("x-forwarded-host", 400),
        ("x-forwarded-proto", 400),
        (":path", 400),
        (",".join(f"x{number}" for number in range(9)), 0),
        (",".join(f"x{number}" for number in range(10)), 400),
    ],
)
def test_connection_may_not_name_what_others_rely_on_nor_too_much(connection: str, status: int) -> None:
    assert _refused((("connection", connection),))[0] == status


def test_a_call_of_grpc_without_a_host_is_answered_in_its_form() -> None:
    grpc = ("content-type", "application/grpc")
    assert _refused((("connection", "host"), grpc), host="a/") == (200, "connection takes the host away")
    assert _refused((("connection", "x-forwarded-for"), grpc))[0] == 400


def test_a_long_te_that_connection_names_is_answered_400() -> None:
    named = ("connection", "te")
    assert _refused((named, ("te", "x" * 255))) == (0, "")
    assert _refused((named, ("te", "x" * 256)))[0] == 400
    assert _refused((("te", "x" * 256),)) == (0, "")
