"""Many functions behind one socket: the header of the route says which."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.support.local_functions import ask

from gloo.local_functions.host import Host, started
from gloo.local_functions.orders import FUNCTION_HEADER
from gloo.plugins import local


def says(text: str) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(text)(scope, receive, send)

    return answer


async def test_the_header_chooses_the_function_whatever_its_name() -> None:
    host = Host({"a b/ü": says("one"), "b": says("two")}, loaded=True, states={})
    assert (await ask(host, headers={FUNCTION_HEADER: "a%20b%2F%C3%BC"})).text == "one"
    assert (await ask(host, headers={FUNCTION_HEADER: "b"})).text == "two"


async def test_a_request_for_no_function_is_a_404() -> None:
    for headers in ({}, {FUNCTION_HEADER: "/"}, {FUNCTION_HEADER: "none"}):
        answer = await ask(Host({"a": says("one")}, loaded=True, states={}), headers=headers)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "no_function")


async def test_all_functions_of_a_module_that_could_not_be_run_answer_503() -> None:
    answer = await ask(Host({}, loaded=False, states={}), headers={FUNCTION_HEADER: "a"})
    assert (answer.status_code, answer.json()["error"]["function"]) == (503, "a")


async def test_a_function_sees_the_client_of_the_gateway_and_not_our_header() -> None:
    async def tell(request: Request) -> Response:
        assert request.client is not None
        return JSONResponse([request.client.host, request.url.scheme, FUNCTION_HEADER in request.headers])

    host = Host({"a": Starlette(routes=[Route("/", tell)])}, loaded=True, states={})
    headers = {FUNCTION_HEADER: "a", "x-forwarded-for": "1.1.1.1, 10.0.0.7", "x-forwarded-proto": "https"}
    assert (await ask(host, headers=headers)).json() == ["10.0.0.7", "https", False]


async def test_an_application_hears_of_its_start_and_end_and_one_that_fails_is_named() -> None:
    heard: list[str] = []

    async def good(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            message = await receive()
            heard.append(message["type"])
            scope["state"]["key"] = "kept"
            await send({"type": f"{message['type']}.complete"})

    async def bad(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    async with started({"good": good, "bad": bad}) as (states, failed):
        assert (states, failed) == ({"good": {"key": "kept"}}, {"bad"})
    assert heard == ["lifespan.startup", "lifespan.shutdown"]


def test_the_plugin_and_the_worker_mean_the_same_header() -> None:
    assert local.FUNCTION_HEADER == FUNCTION_HEADER
