"""The transport makes a bounded number of calls, and waits where it is asked to."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import platform_server

from gloo.discovery.polite import PoliteTransport
from gloo.errors import DiscoveryError


async def call(answers: list[tuple[int, str]], method: str = "GET", calls: int = 100) -> tuple[int, list[float], int]:
    """Return the final status, the waits, and the number of calls, where a server gives *answers* one by one."""
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    def say(request: Request) -> Response:
        status, wait = answers[min(len(server.asked), len(answers)) - 1]
        return Response(b"[]", status, {"retry-after": wait} if wait else {})

    async with platform_server(say) as server:
        transport = PoliteTransport(httpx.AsyncHTTPTransport(), calls=calls, pause=pause)
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.request(method, server.url)
    return answer.status_code, waits, len(server.asked)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_left_alone_for_as_long_as_it_says(status: int) -> None:
    assert await call([(status, "2"), (200, "")]) == (200, [2.0], 2)


async def test_a_server_that_stays_busy_is_asked_three_times() -> None:
    assert await call([(429, "1")]) == (429, [1.0, 1.0], 3)


@pytest.mark.parametrize("answer", [(429, ""), (429, "60"), (500, "1"), (403, "1"), (200, "1")])
async def test_other_answers_are_handed_on(answer: tuple[int, str]) -> None:
    assert await call([answer]) == (answer[0], [], 1)


async def test_what_changes_something_is_not_sent_twice() -> None:
    assert await call([(429, "1")], method="POST") == (429, [], 1)


async def test_calls_are_counted_and_end() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await call([(429, "1")], calls=2)
    assert caught.group_contains(DiscoveryError, match="more than 2 calls")
