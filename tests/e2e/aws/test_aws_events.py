"""What a function of AWS Lambda gets: moto returns the event, and the event is looked at."""

import base64
import json
import re

import httpx
import pytest
from tests.e2e.aws.gateway_config import PNG, result
from tests.e2e.aws.lambda_peer import LambdaPeer
from tests.support.gateway import RunningGateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_function_gets_an_event_of_api_gateway_in_format_2(gateway: RunningGateway) -> None:
    headers = [("x-a", "1"), ("x-a", "2"), ("cookie", "a=b; c=d"), ("content-type", "text/plain; charset=utf-8")]
    answer = await gateway.request(
        "PATCH", "/v2/x%20y?p=1&p=a+b%26&q=&%C3%BC=%FF", content="é".encode(), headers=headers
    )
    event = answer.json()
    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert (event["rawPath"], event["rawQueryString"]) == ("/v2/x%20y", "p=1&p=a+b%26&q=&%C3%BC=%FF")
    assert event["queryStringParameters"] == {"p": "1,a b&", "q": "", "ü": "ÿ"}
    assert event["cookies"] == ["a=b", "c=d"]
    assert event["headers"]["x-a"] == "1,2"
    assert event["headers"]["host"] == httpx.URL(gateway.url).netloc.decode()
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ("é", False)
    context = event["requestContext"]
    assert context["http"].items() >= {"method": "PATCH", "path": "/v2/x%20y", "sourceIp": "127.0.0.1"}.items()
    assert (context["accountId"], context["domainName"]) == ("123456789012", "127.0.0.1")
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["time"])
    assert context["timeEpoch"] > 1_700_000_000_000


async def test_a_function_gets_an_event_of_api_gateway_in_format_1(gateway: RunningGateway) -> None:
    headers = [("x-a", "1"), ("x-a", "2"), ("content-type", "application/x-www-form-urlencoded")]
    event = (await gateway.request("POST", "/v1/x?p=1&p=2", content="a=b", headers=headers)).json()
    assert (event["version"], event["httpMethod"], event["path"]) == ("1.0", "POST", "/v1/x")
    assert (event["headers"]["x-a"], event["multiValueHeaders"]["x-a"]) == ("2", ["1", "2"])
    assert (event["queryStringParameters"], event["multiValueQueryStringParameters"]) == ({"p": "2"}, {"p": ["1", "2"]})
    assert (event["body"], event["isBase64Encoded"]) == ("a=b", False)
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    bare = (await gateway.get("/v1")).json()
    assert (bare["body"], bare["queryStringParameters"], bare["stageVariables"]) == (None, None, None)


async def test_a_function_gets_an_event_of_a_load_balancer_whose_query_is_not_decoded(gateway: RunningGateway) -> None:
    event = (await gateway.get("/alb/x?p=1&p=a%20b", headers=[("x-a", "1"), ("x-a", "2")])).json()
    assert (event["httpMethod"], event["path"], event["body"]) == ("GET", "/alb/x", "")
    assert event["queryStringParameters"] == {"p": "a%20b"}
    assert event["headers"]["x-a"] == "2"
    assert event["requestContext"]["elb"]["targetGroupArn"].startswith("arn:aws:elasticloadbalancing:eu-west-1:")
    several = (await gateway.get("/alb-multi/x?p=1&p=a%20b", headers=[("x-a", "1"), ("x-a", "2")])).json()
    assert several["multiValueQueryStringParameters"] == {"p": ["1", "a%20b"]}
    assert several["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert {"headers", "queryStringParameters"}.isdisjoint(several)


@pytest.mark.parametrize("shape", ["v2", "v1", "alb"])
async def test_a_body_that_is_no_text_is_base64_in_the_event(gateway: RunningGateway, shape: str) -> None:
    event = (await gateway.request("POST", f"/{shape}", content=PNG, headers={"content-type": "image/png"})).json()
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == PNG
    packed = {"content-type": "text/plain", "content-encoding": "gzip"}
    event = (await gateway.request("POST", f"/{shape}", content=b"\x1f\x8b", headers=packed)).json()
    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"\x1f\x8b").decode(), True)


async def test_envoy_makes_an_event_of_its_own_and_takes_its_answer_apart(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    peer.answers["envoy"] = result(status_code=201, headers={"x-a": "1"}, cookies=["a=b"], body="made")
    answer = await gateway.request("POST", "/envoy/x?p=1", content=b"in", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.headers["x-a"], answer.text) == (201, "1", "made")
    event = json.loads(peer.calls[0].body)
    assert (event["raw_path"], event["method"], event["body"]) == ("/envoy/x?p=1", "POST", "in")


async def test_events_in_every_mode_call_a_function(peer: LambdaPeer, gateway: RunningGateway) -> None:
    structured = {"specversion": "1.0", "id": "1", "source": "/me", "type": "org.example.a", "data": {"a": 1}}
    in_body = {"content-type": "application/cloudevents+json"}
    in_header = {"content-type": "application/json", "ce-type": "org.example.a"}
    for headers in (in_body, in_header):
        answer = await gateway.request("POST", "/events", content=json.dumps(structured), headers=headers)
        assert (answer.status_code, answer.json()["rawPath"]) == (200, "/events"), answer.text
    assert peer.refused == []
