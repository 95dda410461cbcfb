"""Answers of the gateway itself to calls of gRPC."""

import pytest
from tests.explain.shop import told

GRPC = (("content-type", "application/grpc+proto"),)


def test_a_call_of_grpc_is_answered_200_with_the_answer_in_headers() -> None:
    answer = told("POST", "/none", GRPC).answer
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"")
    assert dict(answer.headers) == {
        "content-type": "application/grpc",
        "grpc-status": "12",
        "grpc-message": '{"error":{"message":"no route matches this request","reason":"no_route","status":404}}',
    }


def test_no_route_is_no_route_in_any_form() -> None:
    assert told("POST", "/none", GRPC).unrouted
    assert not told("POST", "/hello", GRPC).unrouted


def test_what_a_function_refuses_is_told_in_that_form_too() -> None:
    (delivery,) = told("POST", "/add", GRPC, body=b"no JSON").deliveries
    assert delivery.refused is not None
    headers = dict(delivery.refused.headers)
    assert (delivery.refused.status, headers["grpc-status"], headers["x-gloo-error"]) == (200, "13", "bad_body")


@pytest.mark.parametrize("kind", ["application/grpc-web", "application/grpc;x", "Application/grpc", "text/plain"])
def test_other_types_are_answered_as_usual(kind: str) -> None:
    answer = told("POST", "/none", (("content-type", kind),)).answer
    assert answer is not None
    assert answer.status == 404
