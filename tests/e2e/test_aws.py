"""Functions of AWS Lambda through a real Envoy; botocore judges the signatures, moto or a script answers."""

import asyncio
import base64
import json
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from tests.e2e.lambda_peer import Answer, LambdaPeer, lambda_peer
from tests.support.gateway import RunningGateway, free_ports, running_gateway

from gloo.model.base import Json

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
ECHO = {"response": "passthrough"}
FUNCTIONS: dict[str, Json] = {
    "body": {},
    "live": {"qualifier": "live"},
    "v2": {"request": "api_gateway_v2", **ECHO},
    "v1": {"request": "api_gateway_v1", **ECHO},
    "alb": {"request": "alb", **ECHO},
    "alb-multi": {"request": "alb", "multi_value": True, **ECHO},
    "envoy": {"request": "envoy"},
    "as-v2": {"request": "api_gateway_v2"},
    "as-v1": {"request": "api_gateway_v1"},
    "as-alb": {"request": "alb"},
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def shared_peer() -> Iterator[LambdaPeer]:
    with lambda_peer() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(
    shared_peer: LambdaPeer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningGateway]:
    """Run one gateway for all tests: they change what the peer answers, and the secret."""
    async with running_gateway(write_config(tmp_path_factory.mktemp("aws") / "config", shared_peer)) as running:
        yield running


@pytest.fixture
def peer(shared_peer: LambdaPeer) -> LambdaPeer:
    """Return the peer, which has forgotten what was before the test."""
    for record in (shared_peer.answers, shared_peer.calls, shared_peer.refused, shared_peer.by_key):
        record.clear()
    return shared_peer


@pytest.fixture
def gateway(shared_gateway: RunningGateway, peer: LambdaPeer) -> RunningGateway:
    return shared_gateway


def write_config(folder: Path, peer: LambdaPeer) -> Path:
    """Write a route ``/NAME`` for each function, and ``/async`` for an asynchronous call."""
    write_secret(folder, peer.keys)
    endpoint = {"host": "127.0.0.1", "port": peer.port, "tls": False}
    spec = {"region": "eu-west-1", "account_id": "123456789012", "secret_ref": "aws", "endpoint": endpoint}
    functions = [{"name": name, "spec": {"function_name": name, **fields}} for name, fields in FUNCTIONS.items()]
    upstream = {"name": "aws", "type": "aws", "spec": spec, "functions": functions}
    plain = {"name": "plain", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": peer.port}]}}
    routes = [*(route(name, name) for name in FUNCTIONS), route("async", "as-v2", execution_style="async")]
    routes.append(route("", "v2") | {"request_matcher": None, "event_matcher": {"event_type": "org.example.a"}})
    shares = [
        {"upstream": {"name": "plain"}, "weight": 20},
        {"function": {"upstream_name": "aws", "function_name": "as-v2"}, "weight": 80},
    ]
    routes.append({"request_matcher": {"path_exact": "/split"}, "multiple_destinations": shares})
    config = {"upstreams": [upstream, plain], "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


def write_secret(folder: Path, keys: dict[str, str]) -> None:
    """Write the last of *keys*, in one step as a careful writer does."""
    *_, (key, secret) = keys.items()
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    new = folder / "secrets" / ".aws.new"
    new.touch(0o600)
    new.write_text(json.dumps({"access_key": key, "secret_key": secret}))
    new.replace(folder / "secrets" / "aws.yaml")


def route(path: str, function: str, **extensions: str) -> Json:
    destination = {"function": {"upstream_name": "aws", "function_name": function}}
    matcher = {"path_regex": f"/{path}(/.*)?"}
    return {"request_matcher": matcher, "single_destination": destination, "extensions": extensions}


def result(**fields: Json) -> Answer:
    return Answer(json.dumps(fields).encode())


async def test_a_body_reaches_the_function_and_its_answer_the_client_with_a_good_signature(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    answer = await gateway.request("POST", "/body", json={"a": 1})
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    assert (await gateway.request("PUT", "/live", json={"a": 1})).status_code == 200
    assert [(call.function, call.qualifier, call.key) for call in peer.calls] == [
        ("body", "", "AKIDTEST"),
        ("live", "live", "AKIDTEST"),
    ]
    assert peer.refused == []


async def test_a_client_can_not_choose_how_a_function_is_called_nor_break_its_signature(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    headers = {
        "x-amz-security-token": "forged",
        "x-amz-log-type": "Tail",
        "x-amz-invocation-type": "DryRun",
        "x-amz-client-context": "e30=",
        "authorization": "Bearer mine",
        "cookie": "a=b",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    for path in ("/body", "/envoy", "/v2"):
        answer = await gateway.request("POST", path, json={"a": 1}, headers=headers)
        assert answer.status_code == 200, answer.text
    assert peer.refused == []
    for call in peer.calls:
        assert call.headers["x-amz-invocation-type"] == "RequestResponse"
        assert {"x-amz-security-token", "x-amz-log-type", "x-amz-client-context"}.isdisjoint(call.headers)
    assert "cookie" not in peer.calls[0].headers


async def test_an_asynchronous_call_is_answered_202_whatever_the_shape_of_answers(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    answer = await gateway.request("POST", "/async", json={"a": 1})
    assert answer.status_code == 202
    (call,) = peer.calls
    assert call.headers["x-amz-invocation-type"] == "Event"
    assert json.loads(call.body)["version"] == "2.0"


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
        assert (answer.status_code, answer.json()["error"]) == (502, "malformed_answer")


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
        assert told in answer.json()["message"]
        assert answer.json()["function"] == "aws/as-v2"
    peer.answers["as-v2"] = Answer(b"not JSON")
    assert "is not JSON" in (await gateway.get("/as-v2")).json()["message"]


@pytest.mark.parametrize("function", ["body", "as-v2", "envoy"])
async def test_a_function_that_fails_is_a_502_with_the_type_of_its_error_alone(
    peer: LambdaPeer, gateway: RunningGateway, function: str
) -> None:
    raised = {"errorMessage": "the password is tiger", "errorType": "KeyError", "stackTrace": ["line 1"]}
    peer.answers[function] = Answer(json.dumps(raised).encode(), headers=(("x-amz-function-error", "Unhandled"),))
    answer = await gateway.request("POST", f"/{function}", json={})
    told = {"error": "function_error", "message": "the function failed", "function": f"aws/{function}"}
    assert (answer.status_code, answer.json()) == (502, {**told, "type": "KeyError"})
    assert answer.headers["content-type"] == "application/json"


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
        assert (answer.status_code, answer.json()["error"], answer.json()["type"]) == (wanted, code, kind)
        assert "123456789012" not in answer.text
        assert answer.headers.get("retry-after") == ("1" if wanted == 429 else None)


async def test_a_wrong_key_is_a_502_and_shows_in_no_log(peer: LambdaPeer, gateway: RunningGateway) -> None:
    canary = "canary-8fb2a1"
    write_secret(gateway.folder, {"AKIDTEST": canary})
    async with asyncio.timeout(10):
        while (answer := await gateway.request("POST", "/body", json={})).status_code == 200:
            pass
    assert (answer.status_code, answer.json()["type"]) == (502, "InvalidSignatureException")
    assert canary not in answer.text + gateway.log.read_text()
    state = [file.read_text(errors="replace") for file in gateway.folder.rglob("*") if file.is_file()]
    assert sum(canary in text for text in state) == 1
    write_secret(gateway.folder, peer.keys)
    async with asyncio.timeout(10):
        while (await gateway.request("POST", "/body", json={})).status_code != 200:
            pass


async def test_an_error_of_the_gateway_itself_stays_as_it_is(peer: LambdaPeer, gateway: RunningGateway) -> None:
    answer = await gateway.request("POST", "/as-v2", content=b"x" * 8_000_000)
    assert answer.status_code == 413
    assert peer.calls == []


async def test_a_new_secret_is_used_within_a_second_and_no_request_fails(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    peer.keys["AKIDNEW"] = "another-secret"
    statuses: list[int] = []
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client, asyncio.timeout(20):

        async def ask() -> None:
            statuses.append((await client.post("/body", json={})).status_code)

        for _ in range(20):
            await ask()
        write_secret(gateway.folder, peer.keys)
        turned = asyncio.get_running_loop().time()
        while not peer.by_key["AKIDNEW"]:
            await asyncio.gather(ask(), ask())
        took = asyncio.get_running_loop().time() - turned
        for _ in range(20):
            await ask()
    assert set(statuses) == {200}
    assert took < 1.0
    assert peer.calls[-1].key == "AKIDNEW"
    assert peer.refused == []


async def test_events_in_every_mode_call_a_function(peer: LambdaPeer, gateway: RunningGateway) -> None:
    structured = {"specversion": "1.0", "id": "1", "source": "/me", "type": "org.example.a", "data": {"a": 1}}
    in_body = {"content-type": "application/cloudevents+json"}
    in_header = {"content-type": "application/json", "ce-type": "org.example.a"}
    for headers in (in_body, in_header):
        answer = await gateway.request("POST", "/events", content=json.dumps(structured), headers=headers)
        assert (answer.status_code, answer.json()["rawPath"]) == (200, "/events"), answer.text
    assert peer.refused == []


async def test_a_route_splits_between_a_function_and_a_service(peer: LambdaPeer, gateway: RunningGateway) -> None:
    peer.answers["as-v2"] = result(statusCode=201)
    statuses = [(await gateway.request("POST", "/split", content=b"in")).status_code for _ in range(60)]
    assert set(statuses) == {201, 403}  # the service is the same peer, which finds no signature there
    assert 34 <= statuses.count(201) <= 59
    assert len(peer.calls) == statuses.count(201)
    assert peer.refused == [""] * statuses.count(403)


async def test_the_example_does_what_its_page_says(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "09-aws"
    (port,) = free_ports(1)
    folder = tmp_path / "example"
    shutil.copytree(example / "config", folder)
    config = folder / "gloo.yaml"
    config.write_text(config.read_text().replace("9001", str(port)))
    stand_in = await asyncio.create_subprocess_exec(sys.executable, example / "stand_in.py", str(port), stderr=DEVNULL)
    try:
        async with running_gateway(folder) as running, asyncio.timeout(20):
            while (answer := await running.get("/greet?name=you")).status_code == 503:
                pass  # the stand-in is not up yet
            assert (answer.status_code, answer.text) == (200, "hello you\n")
            failed = await running.get("/greet?name=7")
            assert (failed.status_code, failed.json()["type"]) == (502, "ValueError")
            assert (await running.get("/greet-later?name=you")).status_code == 202
    finally:
        stand_in.kill()
        await stand_in.wait()
