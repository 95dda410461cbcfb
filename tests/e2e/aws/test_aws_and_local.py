"""One route, two places: a share of the calls goes to Lambda, the rest to the same kind of function on this machine."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from tests.e2e.aws.gateway_config import result, write_config
from tests.e2e.aws.lambda_peer import LambdaPeer
from tests.support.gateway import running_gateway

from gloo.model.base import Json

CODE = """
def place(event, context):
    return {"statusCode": 200, "body": f"here: {event['body']} {event['rawPath']}"}

def v2(event, context):
    return event
"""
PLAIN = {"content-type": "text/plain"}


def write_both(folder: Path, peer: LambdaPeer) -> Path:
    """Write the upstreams `aws` and `local`, with a route to share out and one to each place's `v2`."""
    write_config(folder, peer)
    (folder / "shop.py").write_text(CODE)
    upstreams = json.loads((folder / "gloo.yaml").read_text())["upstreams"]
    functions = [{"name": "place"}, {"name": "v2"}]
    upstreams.append({"name": "local", "type": "local", "spec": {"module": "shop.py"}, "functions": functions})
    shares = [{**call("aws", "as-v2"), "weight": 80}, {**call("local", "place"), "weight": 20}]
    routes = [
        {"request_matcher": {"path_prefix": "/place"}, "multiple_destinations": shares},
        *(
            {
                "request_matcher": {"path_prefix": "/", "headers": {"x-where": name}},
                "single_destination": call(name, "v2"),
            }
            for name in ("aws", "local")
        ),
    ]
    services = [{"name": "default", "routes": routes}]
    (folder / "gloo.yaml").write_text(json.dumps({"upstreams": upstreams, "virtual_services": services}))
    return folder


def call(upstream: str, function: str) -> Json:
    return {"function": {"upstream_name": upstream, "function_name": function}}


async def test_a_route_splits_between_lambda_and_a_local_function_by_weight(tmp_path: Path, peer: LambdaPeer) -> None:
    peer.answers["as-v2"] = result(statusCode=200, body="in the cloud")
    async with running_gateway(write_both(tmp_path / "config", peer)) as running:
        asked = [await running.request("POST", "/place/1", content=b"pear", headers=PLAIN) for _ in range(100)]
    answers = Counter(answer.text for answer in asked)
    assert answers.keys() == {"in the cloud", "here: pear /place/1"}
    assert 65 <= answers["in the cloud"] <= 94
    assert len(peer.calls) == answers["in the cloud"]


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.a+json", "image/png", ""])
async def test_a_function_gets_the_same_event_in_both_places(tmp_path: Path, peer: LambdaPeer, kind: str) -> None:
    async with running_gateway(write_both(tmp_path / "config", peer)) as running:
        events = []
        for where in ("aws", "local"):
            headers = [("x-where", where), ("x-a", "1"), ("x-a", "2"), ("cookie", "a=1; b=2"), ("content-type", kind)]
            url = "/a%20b/%C3%BC?x=1&x=2&y=%26&z"
            answer = await running.request("PUT", url, content=b'{"a": 1}', headers=headers)
            events.append(told(answer.json()))
    assert events[0] == events[1]


def told(event: Json) -> Json:
    """Return *event* without what differs from call to call and from place to place."""
    for name in ("x-where", "x-request-id"):
        del event["headers"][name]
    for name in ("accountId", "apiId", "requestId", "time", "timeEpoch"):
        assert event["requestContext"].pop(name)
    assert event["requestContext"]["http"].pop("sourceIp")  # for a client on loopback Envoy forwards its own address
    return event


async def test_calls_that_no_client_waits_for_are_split_too(tmp_path: Path, peer: LambdaPeer) -> None:
    folder, notes = write_both(tmp_path / "config", peer), tmp_path / "notes"
    (folder / "shop.py").write_text(f"{CODE}\ndef place(event, context):\n    open({str(notes)!r}, 'a').write('.')\n")
    config = json.loads((folder / "gloo.yaml").read_text())
    config["virtual_services"][0]["routes"][0]["extensions"] = {"execution_style": "async"}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    async with running_gateway(folder) as running:
        for _ in range(60):
            answer = await running.request("POST", "/place/1", content=b"pear", headers=PLAIN)
            assert (answer.status_code, "call_id" in answer.json()) == (202, True)
        async with asyncio.timeout(10):
            while len(peer.calls) + (len(notes.read_text()) if notes.exists() else 0) < 60:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert {call.headers["x-amz-invocation-type"] for call in peer.calls} == {"Event"}
    assert len(peer.calls) >= 30
    assert notes.read_text()
    assert peer.refused == []
