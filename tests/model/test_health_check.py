"""Health checks: what users may say of them."""

import pytest

from gloo.model.base import Json
from gloo.model.health_check import HealthCheck, HttpCheck
from gloo.model.strict import decode_struct


def problem_of(written: Json) -> str:
    _, (problem,) = decode_struct(written, HealthCheck)
    return f"{problem.field}: {problem.problem}"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "takes exactly one of http, tcp, grpc; none is given"),
        ({"tcp": {}, "grpc": {}}, "takes exactly one of http, tcp, grpc; tcp, grpc is given"),
        ({"tcp": {}, "interval": "0s"}, "interval must be at least 1ms"),
        ({"tcp": {}, "timeout": 5}, "timeout must be at least 1ms"),
        ({"tcp": {}, "healthy_threshold": 0}, "healthy_threshold: "),
        ({"http": {"path": "healthz"}}, "http.path: "),
        ({"http": {"path": "/", "host": "a b"}}, "host: 'a b' is no host"),
        ({"grpc": {"host": "http://a"}}, "host: 'http://a' is no host"),
        ({"http": {"path": "/a b"}}, "http.path: "),
        ({"http": {"path": "/", "expected_statuses": [99]}}, "http: expected_statuses: 99 is no HTTP status"),
        ({"http": {"path": "/", "expected_statuses": ["299-200"]}}, "'299-200' is no HTTP status"),
        ({"http": {"path": "/", "headers": {"Host": "a"}}}, "'Host' can't be changed as a header"),
        ({"http": {"path": "/", "headers": {"x-a": "a\nb"}}}, "a header value can't hold"),
    ],
)
def test_what_no_check_can_be_is_an_error_at_its_place(written: Json, said: str) -> None:
    assert said in problem_of(written)


def test_statuses_are_numbers_and_ranges() -> None:
    check, problems = decode_struct({"path": "/", "expected_statuses": [204, "200-299", "301"]}, HttpCheck)
    assert problems == ()
    assert check is not None
    assert check.statuses == ((204, 204), (200, 299), (301, 301))


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ({"http": {"path": "/", "host": "a"}}, "a"),
        ({"grpc": {"host": "b"}}, "b"),
        ({"grpc": {}}, None),
        ({"tcp": {}}, None),
    ],
)
def test_the_host_is_that_of_its_way(written: Json, host: str | None) -> None:
    check, _ = decode_struct(written, HealthCheck)
    assert check is not None
    assert check.host == host
