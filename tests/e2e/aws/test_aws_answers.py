"""What a client gets of the answers of functions, of their errors, and of what Lambda refuses."""

import base64
import json

import pytest
from tests.e2e.aws.gateway_config import PNG, result
from tests.e2e.aws.lambda_peer import Answer, LambdaPeer
from tests.support.gateway import RunningGateway

from gloo.model.base import Json

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("function", ["as-v2", "as-v1", "as-alb"])
async def test_a_picture_comes_back_byte_for_byte(peer: LambdaPeer, gateway: RunningGateway, function: str) -> None:
    body = base64.b64encode(PNG).decode()
    peer.answers[function] = result(
        statusCode=200, headers={"Content-Type": "image/png"}, body=body, isBase64Encoded=True
    )
    answer = await gateway.request("POST", f"/{function}", content=PNG, headers={"content-type": "image/png"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content == PNG
    sent = json.loads(peer.calls[0].body)
    assert base64.b64decode(sent["body"]) == PNG


async def test_bodies_as_long_as_lambda_takes_and_gives_pass(peer: LambdaPeer, gateway: RunningGateway) -> None:
    sent = b"x" * 6_000_000
    body = base64.b64encode(PNG * 40).decode()
    peer.answers["as-v2"] = result(statusCode=200, body=body, isBase64Encoded=True)
    answer = await gateway.request("POST", "/as-v2", content=sent, headers={"content-type": "text/plain"})
    assert answer.status_code == 200
    assert answer.content == PNG * 40
    assert json.loads(peer.calls[0].body)["body"] == sent.decode()


async def test_an_answer_of_api_gateway_is_taken_apart(peer: LambdaPeer, gateway: RunningGateway) -> None:
    peer.answers["as-v2"] = result(
        statusCode=201,
        headers={"X-A": "1", "x-number": 7, "x-none": None, "content-length": "99", "connection": "close"},
        multiValueHeaders={"x-b": ["1", "2"], "X-A": ["1", "3"]},
        cookies=["a=b; Path=/", "c=d"],
        body="made",
    )
    answer = await gateway.get("/as-v2")
    assert (answer.status_code, answer.text) == (201, "made")
    assert answer.headers.get_list("x-a") == ["1", "3"]
    assert answer.headers.get_list("x-b") == ["1", "2"]
    assert answer.headers["x-number"] == "7"
    assert answer.headers.get_list("set-cookie") == ["a=b; Path=/", "c=d"]
    assert answer.headers["content-type"] == "application/json"
    assert "x-none" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("x-amz")]


async def test_a_result_without_a_status_is_the_body_in_format_2_and_an_error_elsewhere(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    peer.answers |= {name: result(a=1) for name in ("as-v2", "as-v1", "as-alb")}
    answer = await gateway.get("/as-v2")
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    for name in ("as-v1", "as-alb"):
        answer = await gateway.get(f"/{name}")
        assert (answer.status_code, answer.json()["error"]["reason"]) == (502, "malformed_answer")


MALFORMED: list[tuple[Json, str]] = [
    ({"statusCode": 99}, "statusCode"),
    ({"statusCode": "abc"}, "statusCode"),
    ({"statusCode": 200.5}, "statusCode"),
    ({"statusCode": 101}, "statusCode"),
    ({"statusCode": 200, "headers": []}, "headers"),
    ({"statusCode": 200, "headers": {"a b": "1"}}, "header name"),
    ({"statusCode": 200, "headers": {":status": "1"}}, "header name"),
    ({"statusCode": 200, "headers": {"x-a": {}}}, "x-a"),
    ({"statusCode": 200, "headers": {"x-a": "1\r\nset-cookie: a=b"}}, "control character"),
    ({"statusCode": 200, "multiValueHeaders": {"x-a": "1"}}, "multiValueHeaders.x-a"),
    ({"statusCode": 200, "cookies": "a=b"}, "cookies"),
    ({"statusCode": 200, "body": "§§", "isBase64Encoded": True}, "Base64"),
]


async def test_an_answer_out_of_shape_is_a_502_that_says_what_is_wrong(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    for written, told in MALFORMED:
        peer.answers["as-v2"] = result(**written)
        answer = await gateway.get("/as-v2")
        assert (answer.status_code, answer.headers["x-gloo-error"]) == (502, "malformed_answer"), written
        assert told in answer.json()["error"]["message"]
        assert answer.json()["error"]["function"] == "aws/as-v2"
    peer.answers["as-v2"] = Answer(b"not JSON")
    assert "is not JSON" in (await gateway.get("/as-v2")).json()["error"]["message"]


@pytest.mark.parametrize("function", ["body", "as-v2", "envoy"])
async def test_a_function_that_fails_is_a_502_with_the_type_of_its_error_alone(
    peer: LambdaPeer, gateway: RunningGateway, function: str
) -> None:
    raised = {"errorMessage": "the password is tiger", "errorType": "KeyError", "stackTrace": ["line 1"]}
    peer.answers[function] = Answer(json.dumps(raised).encode(), headers=(("x-amz-function-error", "Unhandled"),))
    answer = await gateway.request("POST", f"/{function}", json={})
    told = {"status": 502, "reason": "function_error", "message": "the function failed", "function": f"aws/{function}"}
    assert (answer.status_code, answer.json()["error"]) == (502, {**told, "type": "KeyError"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("*errors.errorString", "*errors.errorString"),
        ("java.lang.Error", "java.lang.Error"),
        ("", "Unhandled"),
        (7, "Unhandled"),
        ("é" * 200, "Unhandled"),
        ("A" * 200, "A" * 100),
    ],
)
async def test_the_type_of_an_error_is_a_plain_name(
    peer: LambdaPeer, gateway: RunningGateway, written: Json, told: str
) -> None:
    raised = {"errorType": written, "errorMessage": "one\nERROR: two"}
    peer.answers["body"] = Answer(json.dumps(raised).encode(), headers=(("x-amz-function-error", "Handled"),))
    answer = await gateway.request("POST", "/body", json={})
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, told)
    assert "\nERROR: two" not in gateway.log.read_text()


async def test_what_lambda_itself_refuses_is_told_by_its_type(peer: LambdaPeer, gateway: RunningGateway) -> None:
    def refused(status: int, kind: str) -> Answer:
        body = json.dumps({"Message": "arn:aws:lambda:eu-west-1:123456789012"}).encode()
        return Answer(body, status, (("x-amzn-ErrorType", f"{kind}:http://internal.amazon.com/"),))

    cases = [
        (429, "TooManyRequestsException", 429, "throttled"),
        (413, "RequestTooLargeException", 413, "too_large"),
        (400, "InvalidRequestContentException", 400, "bad_body"),
        (404, "ResourceNotFoundException", 502, "lambda_error"),
        (403, "AccessDeniedException", 502, "lambda_error"),
        (503, "ServiceException", 502, "lambda_error"),
    ]
    for status, kind, wanted, code in cases:
        peer.answers["body"] = refused(status, kind)
        answer = await gateway.request("POST", "/body", json={})
        error = answer.json()["error"]
        assert (answer.status_code, error["status"], error["reason"], error["type"]) == (wanted, wanted, code, kind)
        assert "123456789012" not in answer.text
        assert answer.headers.get("retry-after") == ("1" if wanted == 429 else None)


async def test_an_error_of_the_gateway_itself_stays_as_it_is(peer: LambdaPeer, gateway: RunningGateway) -> None:
    answer = await gateway.request("POST", "/as-v2", content=b"x" * 8_000_000)
    assert answer.status_code == 413
    assert peer.calls == []
