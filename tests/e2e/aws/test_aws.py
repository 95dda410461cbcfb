"""Functions of AWS Lambda through a real Envoy; botocore judges the signatures, moto or a script answers."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.e2e.aws.gateway_config import result
from tests.e2e.aws.lambda_peer import LambdaPeer
from tests.e2e.test_passing_through import port_of
from tests.support.gateway import RunningGateway
from tests.support.raw_client import behind_head
from tests.support.trailers import with_trailers

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def test_a_body_in_chunks_is_signed_whole(peer: LambdaPeer, gateway: RunningGateway) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b'{"a": ', b"1}"):
            yield chunk

    for path in ("/body", "/v2", "/envoy"):
        answer = await gateway.request("POST", path, content=chunks(), headers={"content-type": "application/json"})
        assert answer.status_code == 200, answer.text
    assert peer.refused == []
    assert all("content-length" in call.headers for call in peer.calls)
    assert json.loads(peer.calls[0].body) == {"a": 1}
    assert json.loads(peer.calls[1].body)["body"] == '{"a": 1}'


async def test_a_question_for_the_head_calls_the_function_and_gets_no_body(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    peer.answers["as-v2"] = result(statusCode=200, headers={"x-a": "1"}, body="hidden")
    answer = await gateway.request("HEAD", "/as-v2")
    assert (answer.status_code, answer.headers["x-a"], answer.content) == (200, "1", b"")
    assert json.loads(peer.calls[0].body)["requestContext"]["http"]["method"] == "HEAD"
    for path in ("/as-v2", "/v2", "/body"):  # an answer that is translated, one that is not, and no event
        status, rest = await behind_head(port_of(gateway), path)
        assert (status, rest[:13]) == (200, b"HTTP/1.1 404 ")


async def test_a_call_and_an_answer_without_a_body_are_framed_as_such(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    await gateway.request("GET", "/body")
    (call,) = peer.calls
    assert (call.headers["content-length"], "transfer-encoding" in call.headers, call.body) == ("0", False, b"")
    peer.answers["as-v2"] = result(statusCode=204)
    answer = await gateway.request("GET", "/as-v2")
    assert (answer.status_code, "content-length" in answer.headers, answer.content) == (204, False, b"")


async def test_a_call_that_cannot_be_signed_is_none(peer: LambdaPeer, gateway: RunningGateway) -> None:
    mine = {"x-amz-client-context": "e30=", "authorization": "Bearer mine"}
    for path in ("/body", "/v2"):  # the request as it is, and an event
        for body in (None, b"{}"):
            status, told = await asyncio.to_thread(with_trailers, port_of(gateway), {":path": path, **mine}, body)
            assert (status, json.loads(told)["error"]["reason"]) == (400, "trailers")
    assert peer.calls == []


async def test_an_asynchronous_call_is_answered_202_whatever_the_shape_of_answers(
    peer: LambdaPeer, gateway: RunningGateway
) -> None:
    answer = await gateway.request("POST", "/async", json={"a": 1})
    assert answer.status_code == 202
    (call,) = peer.calls
    assert call.headers["x-amz-invocation-type"] == "Event"
    assert json.loads(call.body)["version"] == "2.0"


async def test_a_route_splits_between_a_function_and_a_service(peer: LambdaPeer, gateway: RunningGateway) -> None:
    peer.answers["as-v2"] = result(statusCode=201)
    statuses = [(await gateway.request("POST", "/split", content=b"in")).status_code for _ in range(60)]
    assert set(statuses) == {201, 403}  # the service is the same peer, which finds no signature there
    assert 34 <= statuses.count(201) <= 59
    assert len(peer.calls) == statuses.count(201)
    assert peer.refused == [""] * statuses.count(403)


async def test_each_try_of_a_call_is_signed(peer: LambdaPeer, gateway: RunningGateway) -> None:
    peer.busy = 2
    answer = await gateway.request("POST", "/again", json={"a": 1})
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    assert [call.function for call in peer.calls] == ["body"] * 3
    assert peer.refused == []
