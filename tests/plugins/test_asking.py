"""Whatever a platform answers becomes its JSON, or one clear error that repeats nothing of the answer."""

import httpx
import pytest
from starlette.responses import Response
from tests.support.platform_server import platform_server

from gloo.errors import DiscoveryError
from gloo.model.base import Json
from gloo.plugins.asking import MOST_BYTES, Ask, ask, wait_of

CANARY = "canary-19c4"


async def told(said: Response | Json) -> DiscoveryError:
    """Return the error that an answer leads to."""
    async with platform_server(lambda request: said) as server, httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(DiscoveryError) as caught:
            await ask(http, Ask(f"{server.url}/list", f"key={CANARY}", headers={"x-key": CANARY}), list[str])
        assert CANARY not in str(caught.value)
        assert f"GET {server.url}/list was answered" in str(caught.value)
        return caught.value


async def test_a_good_answer_is_returned_in_its_form() -> None:
    async with platform_server(lambda request: ["a"]) as server, httpx.AsyncClient(trust_env=False) as http:
        asked = Ask(f"{server.url}/list", "a=1", "POST", {"x-key": "k"}, b"body")
        assert await ask(http, asked, list[str]) == ["a"]
    assert (server.asked, server.bodies, server.headers[0]["x-key"]) == (["POST /list?a=1"], [b"body"], "k")


@pytest.mark.parametrize(
    ("body", "headers", "name"),
    [
        (b"{}", {"x-amzn-ErrorType": "AccessDeniedException:http://x"}, "AccessDeniedException"),
        (b'{"error": {"status": "PERMISSION_DENIED", "message": "%s"}}', {}, "PERMISSION_DENIED"),
        (b'{"error": {"code": "AuthorizationFailed"}}', {}, "AuthorizationFailed"),
        (b'{"error": "invalid_grant", "error_description": "%s"}', {}, "invalid_grant"),
        (b'{"__type": "UnrecognizedClientException"}', {}, "UnrecognizedClientException"),
        (b'{"kind": "Status", "message": "%s", "reason": "Forbidden", "code": 403}', {}, "Forbidden"),
        (b'{"error": "%s with spaces"}', {}, ""),
        (b"<html>%s</html>", {}, ""),
        (b"[]", {}, ""),
    ],
)
async def test_a_refusal_is_told_by_its_status_and_the_name_of_its_error(
    body: bytes, headers: dict[str, str], name: str
) -> None:
    error = await told(Response(body.replace(b"%s", CANARY.encode()), 403, headers))
    assert error.problem.endswith(f"403 {name}".strip())
    assert error.hint == "who asks may not list functions"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"\xff\xfe"])
async def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    assert "no JSON" in (await told(Response(body))).problem


async def test_json_of_another_form_is_told_with_its_place_and_not_its_value() -> None:
    error = await told([{"key": CANARY}])
    assert "another form: Expected str, got object - at $[0]" in error.problem


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    assert "more than 16 MiB" in (await told(Response(b" " * (MOST_BYTES + 1)))).problem


async def test_a_busy_platform_says_how_long_it_wants_to_be_left_alone() -> None:
    error = await told(Response(b"", 429, {"retry-after": "120"}))
    assert (error.wait, error.problem.endswith("429")) == (120.0, True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(text: str, seconds: float) -> None:
    answer = httpx.Response(429, headers={"retry-after": text, "date": "Tue, 14 Nov 2023 22:13:20 GMT"})
    assert wait_of(answer) == seconds


def test_a_request_shows_neither_query_nor_headers() -> None:
    request = Ask("http://user:canary@h/list", "key=canary", headers={"x": "canary"}, body=b"canary")
    assert str(request) == "GET http://h/list"
