"""What was expected against what became of a request."""

from typing import Any

import pytest
from msgspec import convert
from tests.explain.shop import SHOP, told

from gloo.explain.cases import Expected
from gloo.explain.judging import Passage, Seen, differences, disagreements, seen_offline
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request
from gloo.model.base import replace

HINT = "upstream_response says what the upstream answers"


def _different(expected: dict[str, Any], path: str, body: bytes | None = None) -> list[str]:
    seen = seen_offline(told("POST" if body else "GET", path, body=body))
    return [str(each) for each in differences(convert(expected, Expected), seen)]


@pytest.mark.parametrize(
    "expected",
    [
        {"route": "shop/1", "virtual_service": "shop", "destination": "pets/get"},
        {"destination": "pets"},
        {"upstream_request": {"method": "GET", "path": "/pets/7", "host": "shop.test", "headers": {"x-no": None}}},
        {},
    ],
)
def test_what_is_as_expected_says_nothing(expected: dict[str, Any]) -> None:
    assert _different(expected, "/pet/7") == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"route": "shop/2"}, "route: expected shop/2, got shop/1"),
        ({"destination": "plain"}, "destination: expected plain, got pets/get"),
        ({"upstream_request": {"path": "/x"}}, "upstream_request.path: expected /x, got /pets/7"),
        ({"upstream_request": {"headers": {"X-A": "1"}}}, "upstream_request.headers.X-A: expected '1', got absent"),
        ({"upstream_request": {"json": 1}}, "upstream_request.json: expected 1, got no JSON: ''"),
        (
            {"response": {"status": 200}},
            f"response: expected an answer, got a request to pets/get ({HINT})",
        ),
    ],
)
def test_each_difference_names_its_place(expected: dict[str, Any], said: str) -> None:
    assert _different(expected, "/pet/7") == [said]


def test_answers_are_compared_too() -> None:
    response = {"status": 200, "body": "ho", "headers": {"x-own": "2"}}
    assert _different({"response": response}, "/hello") == [
        "response.headers.x-own: expected '2', got '1'",
        "response.body: expected 'ho', got 'hi'",
    ]
    assert "an answer of the gateway: 200 hi" in _different({"upstream_request": {}}, "/hello")[0]


def test_of_weighted_destinations_one_must_do() -> None:
    assert _different({"destination": "plain"}, "/split", b'{"id": 1}') == []
    assert _different({"destination": "pets", "upstream_request": {"path": "/pets/1"}}, "/split", b'{"id": 1}') == []


def test_json_is_compared_by_value() -> None:
    sent = {"json": {"tags": [], "name": "x"}}
    assert _different({"upstream_request": sent}, "/add", b'{"name": "x"}') == []


def test_a_body_that_is_nested_too_deep_to_be_read_is_no_json() -> None:
    seen = Seen("s", "s/0", (Passage("up", None, Answer(200, body=b"[" * 100_000)),))
    (said,) = differences(convert({"response": {"json": 1}}, Expected), seen)
    assert str(said).startswith("response.json: expected 1, got no JSON: ")


def test_two_roads_agree_but_for_what_envoy_adds() -> None:
    sent = Request("GET", "a", "/x/%REQ(x-request-id)%", (("x-request-id", "%REQ(x-request-id)%"), ("x-a", "1")))
    seen = Request("GET", "b", "/x/7", (("x-request-id", "7"), ("x-a", "1"), ("x-envoy-expected-rq-timeout-ms", "9")))
    offline = Seen("s", "s/0", (Passage("up/f", sent, None),))
    assert disagreements(offline, Seen("s", "s/0", (Passage("up", seen, None),))) == ()
    other = Seen("s", "s/1", (Passage("none", None, Answer(503)),))
    assert [str(each) for each in disagreements(offline, other)] == [
        "route: expected s/0, got s/1",
        "outcome: expected a request to up/f, got 503",
    ]


def _roads(
    offline: Answer, live: Answer, *, bodies: tuple[bytes, bytes] = (b"", b""), wrapped: bool = False
) -> list[str]:
    """Return where two roads differ whose upstreams got *bodies*, and whose clients the two answers."""
    sent, seen = (Request("POST", "a", "/x", (), body) for body in bodies)
    told = Seen("s", "s/0", (Passage("up/f", sent, offline, wrapped=wrapped),))
    return [str(each) for each in disagreements(told, Seen("s", "s/0", (Passage("up", seen, live),)))]


def test_what_clients_get_is_the_same_on_both_roads_but_for_what_envoy_adds() -> None:
    offline = Answer(200, (("x-a", "1"), ("x-t", "%START_TIME%")), b'{"a": 1, "b": 2}')
    own = (("date", "now"), ("x-envoy-upstream-service-time", "0"), ("x-t", "2026"), ("x-a", "1"))
    assert _roads(offline, Answer(200, own, b'{"b": 2, "a": 1}')) == []
    assert _roads(offline, Answer(404, own[2:3], b"[]")) == [
        """response.headers: expected {"x-a": "1"}, got {}""",
        "response.status: expected 200, got 404",
        """response.body: expected b'{"a": 1, "b": 2}', got b'[]'""",
    ]


def test_a_body_that_is_made_of_headers_is_compared_without_those_that_envoy_adds() -> None:
    offline = b'{"headers": {"x-request-id": "%REQ(x-request-id)%", "x-a": "1"}, "multiValueHeaders": {}, "body": "t"}'
    live = (
        b'{"body": "t", "headers": {"x-request-id": "7", "content-length": "9", "x-a": "1"}, "multiValueHeaders": {}}'
    )
    assert _roads(Answer(200), Answer(200), bodies=(offline, live), wrapped=True) == []
    assert "upstream_request.body" in _roads(Answer(200), Answer(200), bodies=(offline, live))[0]
    other = live.replace(b'"x-a": "1"', b'"x-a": "2"')
    assert "upstream_request.body" in _roads(Answer(200), Answer(200), bodies=(offline, other), wrapped=True)[0]


def test_a_body_that_is_json_is_compared_by_value() -> None:
    sent = {"body": '{"tags":[],   "name":"x"}'}
    assert _different({"upstream_request": sent}, "/add", b'{"name": "x"}') == []
    assert _different({"response": {"body": "h i"}}, "/hello") == ["response.body: expected 'h i', got 'hi'"]


def test_of_a_call_that_no_client_waits_for_the_status_alone_is_compared() -> None:
    sent, given = Request("GET", "a", "/x", (("x-gloo-call-id", "%UNIQUE_ID%"),)), Answer(202, (), b"%UNIQUE_ID%")
    offline = Seen("v", "v/0", (Passage("a", sent, given, accepted=True),))
    under_way = Seen("v", "v/0", (Passage("none", None, Answer(202, (), b"7")),))
    assert disagreements(offline, under_way) == ()
    refused = Seen("v", "v/0", (Passage("none", None, Answer(500)),))
    assert [str(each) for each in disagreements(offline, refused)] == ["response.status: expected 202, got 500"]
    arrived = Seen("v", "v/0", (Passage("a", replace(sent, path="/y"), Answer(202, (), b"7")),))
    assert [each.place for each in disagreements(offline, arrived)][:1] == ["upstream_request.path"]


def test_what_a_client_gets_at_once_is_its_answer_whatever_becomes_of_the_call() -> None:
    config = SHOP.replace("timeout: 3s", "async: true")
    (passage,) = seen_offline(told("GET", "/pet/7", config=config)).passages
    assert passage.answer is not None
    assert (passage.answer.status, passage.accepted, passage.unknown) == (202, True, "")
