"""Functions with the signatures of Google's framework."""

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from tests.support.local_functions import ask

from gloo.local_functions.cloud_event import CloudEvent
from gloo.local_functions.google_function import event_app, http_app
from gloo.local_functions.google_request import GoogleRequest
from gloo.model.base import Json

EVENT = {"ce-id": "1", "ce-source": "/me", "ce-type": "t", "ce-specversion": "1.0"}


async def test_a_function_reads_its_request_by_the_names_of_flask() -> None:
    def read(request: GoogleRequest) -> Json:
        return {
            "method": request.method,
            "path": request.path,
            "args": [
                request.args["a"],
                request.args.getlist("a"),
                request.args.get("n", type=int),
                request.args.get("z", 9),
            ],
            "header": request.headers.get("X-Id"),
            "cookies": dict(request.cookies),
            "json": request.get_json(),
            "data": request.get_data(as_text=True),
            "full_path": request.full_path,
        }

    headers = {"x-id": "7", "cookie": "c=1"}
    answer = await ask(http_app("f", read), "POST", "/p?a=1&a=2&n=x", headers=headers, json={"k": 1})
    assert answer.json() == {
        "method": "POST",
        "path": "/p",
        "args": ["1", ["1", "2"], None, 9],
        "header": "7",
        "cookies": {"c": "1"},
        "json": {"k": 1},
        "data": '{"k":1}',
        "full_path": "/p?a=1&a=2&n=x",
    }


async def test_a_form_and_a_body_that_is_no_json_are_told_as_flask_tells_them() -> None:
    def read(request: GoogleRequest) -> Json:
        return [request.form["a"], request.get_json(), request.get_json(force=True, silent=True), request.is_json]

    answer = await ask(http_app("f", read), "POST", data={"a": "1 2"})
    assert answer.json() == ["1 2", None, None, False]


@pytest.mark.parametrize(
    ("result", "status", "kind", "body"),
    [
        ("text", 200, "text/html; charset=utf-8", b"text"),
        (b"\xff", 200, "text/html; charset=utf-8", b"\xff"),
        ({"a": 1}, 200, "application/json", b'{"a": 1}'),
        (("made", 201), 201, "text/html; charset=utf-8", b"made"),
        (("x", {"content-type": "text/plain"}), 200, "text/plain", b"x"),
        (({"a": 1}, 202, {"x-a": "b"}), 202, "application/json", b'{"a": 1}'),
        (PlainTextResponse("r", 203), 203, "text/plain; charset=utf-8", b"r"),
    ],
)
async def test_a_result_means_what_it_means_in_flask(result: Json, status: int, kind: str, body: bytes) -> None:
    answer = await ask(http_app("f", lambda request: result))
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (status, kind, body)


@pytest.mark.parametrize("result", [None, 3, ("a", 200, {}, 1)])
async def test_a_result_that_flask_would_not_take_is_a_500(result: Json, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await ask(http_app("f", lambda request: result))
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "TypeError")
    assert "TypeError" in capsys.readouterr().err


class _Werkzeug:
    """What a response of Flask has: headers that may come twice."""

    class Headers(list[tuple[str, str]]):
        def items(self) -> list[tuple[str, str]]:
            return list(self)

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers = self.Headers([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Length", "3")])

    def get_data(self) -> bytes:
        return b"hello"


@pytest.mark.parametrize("status", [200, 204, 304])
async def test_the_length_of_an_answer_is_that_of_its_body_and_headers_may_come_twice(status: int) -> None:
    pairs = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "3"), ("transfer-encoding", "chunked")]
    for result in (("hello", status, pairs), _Werkzeug(status)):
        answer = await ask(http_app("f", lambda _, result=result: result), "GET")
        body = b"" if status != 200 else b"hello"
        assert (answer.status_code, answer.content) == (status, body)
        assert answer.headers.get("content-length") == (None if status != 200 else "5")
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    "result", [("x", 101), ("x", 99), ("x", 200, {"x-a": "1\r\nx-b: 2"}), ("x", 200, {"x a": "1"})]
)
async def test_what_can_be_no_answer_is_a_500(result: Json, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await ask(http_app("f", lambda _: result), "GET")
    assert answer.status_code == 500
    assert "ValueError" in capsys.readouterr().err


async def test_a_coroutine_function_gets_starlettes_request() -> None:
    async def read(request: Request) -> Json:
        return await request.json()

    assert (await ask(http_app("f", read), "POST", json=[1])).json() == [1]


async def test_an_event_reaches_a_plain_and_a_coroutine_function() -> None:
    seen: list[CloudEvent] = []

    async def later(event: CloudEvent) -> None:
        seen.append(event)

    for function in (seen.append, later):
        assert (await ask(event_app("f", function), "POST", headers=EVENT, json={"a": 1})).text == "OK"
    assert [(event["type"], event.data) for event in seen] == [("t", {"a": 1})] * 2


async def test_a_request_that_is_no_event_is_a_400_and_calls_nothing() -> None:
    called: list[Json] = []
    answer = await ask(event_app("f", called.append), "POST", json={})
    assert (answer.status_code, answer.json()["error"]["reason"], called) == (400, "no_cloud_event", [])
