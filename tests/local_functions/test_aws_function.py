"""Functions with Lambda's signature: events and answers as API Gateway's payload format 2.0 has them."""

import base64

import pytest
from tests.support.local_functions import ask

from gloo.local_functions.aws_function import MOST_BODY, AwsContext, aws_app
from gloo.model.base import Json

PNG = bytes(range(256))


async def event_for(method: str = "GET", url: str = "/", **options: object) -> Json:
    """Return the event that a function gets for a request."""
    seen: list[Json] = []
    await ask(aws_app("f", lambda event, context: seen.append(event)), method, url, **options)
    (event,) = seen
    return event


async def test_an_event_tells_the_request_in_the_format_of_api_gateway() -> None:
    headers = [("x-a", "1"), ("x-a", "2"), ("cookie", "a=1; b=2"), ("user-agent", "me")]
    event = await event_for("POST", "/a%20b/c?x=1&x=2&y=%26", headers=headers, json={"k": "ü"})
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/a%20b/c", "x=1&x=2&y=%26")
    assert event["queryStringParameters"] == {"x": "1,2", "y": "&"}
    assert event["headers"]["x-a"] in {"1,2", "1, 2"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"k":"ü"}', False)
    told = event["requestContext"]
    assert told["domainName"] == "shop.example.org"
    assert (told["http"]["method"], told["http"]["path"], told["http"]["userAgent"]) == ("POST", "/a%20b/c", "me")


async def test_a_request_without_query_cookies_and_body_has_no_such_fields_in_its_event() -> None:
    assert not {"queryStringParameters", "cookies", "body"} & (await event_for()).keys()


async def test_bytes_travel_in_base64_both_ways() -> None:
    def echo(event: Json, context: AwsContext) -> Json:
        assert event["isBase64Encoded"]
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "image/png"},
            "body": event["body"],
            "isBase64Encoded": 1,
        }

    answer = await ask(aws_app("f", echo), "POST", content=PNG, headers={"content-type": "image/png"})
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"


async def test_an_answer_sets_status_headers_and_cookies() -> None:
    result = {"statusCode": 201, "headers": {"X-Id": 7}, "cookies": ["a=1; Path=/", "b=2"], "body": "made"}
    answer = await ask(aws_app("f", lambda event, context: result))
    assert (answer.status_code, answer.text, answer.headers["x-id"]) == (201, "made", "7")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


@pytest.mark.parametrize("result", [{"a": 1}, [1], "text", None, 3])
async def test_an_answer_without_a_status_is_the_body_as_json(result: Json) -> None:
    answer = await ask(aws_app("f", lambda event, context: result))
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", result)


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "ok"},
        {"statusCode": 99},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x": "a\r\nset-cookie: evil"}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {1, 2},
    ],
)
async def test_an_answer_that_breaks_the_format_is_a_502(result: Json, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await ask(aws_app("f", lambda event, context: result))
    assert (answer.status_code, answer.json()["error"]["reason"]) == (502, "malformed_answer")
    assert "the answer can't be used" in capsys.readouterr().err


async def test_a_failing_function_is_a_502_with_the_type_of_its_error_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(event: Json, context: AwsContext) -> Json:
        raise KeyError("canary")

    answer = await ask(aws_app("f", fail))
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "KeyError")
    assert "canary" not in answer.text
    assert "canary" in capsys.readouterr().err


async def test_a_body_that_lambda_would_not_take_is_refused() -> None:
    called: list[Json] = []
    answer = await ask(
        aws_app("f", lambda event, context: called.append(event)), "POST", content=b"x" * (MOST_BODY + 1)
    )
    assert (answer.status_code, called) == (413, [])


async def test_the_context_tells_the_function_its_name_and_what_time_is_left() -> None:
    def tell(event: Json, context: AwsContext) -> Json:
        left = context.get_remaining_time_in_millis()
        return [context.function_name, context.aws_request_id, 0 < left <= 3000, context.invoked_function_arn]

    headers = {"x-request-id": "r-1", "x-envoy-expected-rq-timeout-ms": "3000"}
    answer = await ask(aws_app("f", tell), headers=headers)
    assert answer.json() == ["f", "r-1", True, "arn:aws:lambda:local:000000000000:function:f"]


async def test_a_form_comes_in_base64_as_api_gateway_sends_it() -> None:
    event = await event_for("POST", data={"a": "1"})
    assert base64.b64decode(event["body"]) == b"a=1"
