"""Functions of an Fn server, as its documented interface lists them; the server is a double of it."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import PlatformServer, ask, names, platform_server

from gloo.errors import DiscoveryError
from gloo.model.base import Json

APPS = [{"id": "A1", "name": "shop"}, {"id": "A2", "name": "shop-2"}]
FNS = {"A1": ["order", "pay", "price"], "A2": ["order"]}
TRIGGERS = [
    {"id": "T1", "name": "price", "type": "http", "source": "/price", "fn_id": "F1"},
    {"id": "T2", "name": "bare", "type": "http", "source": "say/hello", "fn_id": "F1"},
    {"id": "T3", "name": "nightly", "type": "schedule", "source": "@daily", "fn_id": "F1"},
    {"id": "T4", "name": "odd", "type": "http", "source": "/a b", "fn_id": "F1"},
]


def page(items: Sequence[Mapping[str, Json]], request: Request, size: int) -> Json:
    """Return the page that *request* asks for: cursors are names, as those of Fn are."""
    start = request.query_params.get("cursor", "")
    rest = [item for item in items if str(item["name"]) > start]
    last = str(rest[size - 1]["name"]) if len(rest) > size else ""
    return {"items": list(map(dict, rest[:size])), **({"next_cursor": last} if last else {})}


def server_of(size: int = 100, triggers: Sequence[Mapping[str, Json]] = ()) -> Callable[[Request], Response | Json]:
    """Return what answers as a server of Fn, whose pages hold *size* items at most."""

    def say(request: Request) -> Response | Json:
        app = request.query_params.get("app_id", "")
        if request.url.path == "/fn/v2/apps":
            name = request.query_params.get("name", "")
            return page([each for each in APPS if name in {"", each["name"]}], request, size)
        if request.url.path == "/fn/v2/fns":
            fns = [{"id": f"{app}-{name}", "name": name, "app_id": app} for name in FNS[app]]
            return page(fns, request, size)
        assert request.url.path == "/fn/v2/triggers"
        return page(sorted(triggers, key=lambda each: str(each["name"])) if app == "A1" else [], request, size)

    return say


def text(server: PlatformServer, options: str = "{}", most: int = 500) -> str:
    return f"""
name: fn
type: fn
spec: {{url: "{server.url}/fn/"}}
discovery: {{functions: true, most: {most}, spec: {options}}}
"""


async def test_functions_are_named_with_their_app_and_called_by_their_ids() -> None:
    async with platform_server(server_of()) as server:
        found = await ask(text(server))
    assert names(found) == ["shop.order", "shop.pay", "shop.price", "shop-2.order"]
    assert [each.spec for each in found.functions[::3]] == [{"id": "A1-order"}, {"id": "A2-order"}]
    assert server.asked == [
        "GET /fn/v2/apps?per_page=100",
        "GET /fn/v2/fns?app_id=A1&per_page=100",
        "GET /fn/v2/fns?app_id=A2&per_page=100",
    ]


async def test_all_pages_are_read() -> None:
    async with platform_server(server_of(1)) as server:
        found = await ask(text(server))
    assert names(found) == ["shop.order", "shop.pay", "shop.price", "shop-2.order"]
    assert "GET /fn/v2/apps?per_page=100&cursor=shop" in server.asked
    assert "GET /fn/v2/fns?app_id=A1&per_page=100&cursor=pay" in server.asked
    assert len(server.asked) == 6


async def test_no_more_pages_are_read_than_are_of_use() -> None:
    async with platform_server(server_of(1)) as server:
        assert len((await ask(text(server, most=1))).functions) == 2
    assert [each for each in server.asked if "cursor" in each] == ["GET /fn/v2/fns?app_id=A1&per_page=100&cursor=order"]


async def test_a_cursor_that_stays_is_the_end() -> None:
    async with platform_server(lambda request: {"items": None, "next_cursor": "same"}) as server:
        assert names(await ask(text(server))) == []
    assert len(server.asked) == 2


async def test_one_app_alone_is_asked_for() -> None:
    async with platform_server(server_of()) as server:
        assert names(await ask(text(server, "{app: shop-2}"))) == ["shop-2.order"]
    assert server.asked == ["GET /fn/v2/apps?name=shop-2&per_page=100", "GET /fn/v2/fns?app_id=A2&per_page=100"]


async def test_an_app_that_does_not_exist_is_a_failure() -> None:
    async with platform_server(server_of()) as server:
        with pytest.raises(DiscoveryError, match="no app named 'nowhere'"):
            await ask(text(server, "{app: nowhere}"))


async def test_http_triggers_are_functions_where_they_are_wanted() -> None:
    async with platform_server(server_of(2, TRIGGERS)) as server:
        found = await ask(text(server, "{app: shop, triggers: true}"))
    assert names(found) == ["shop.order", "shop.pay", "shop.price", "shop:bare", "shop:price"]
    assert [each.spec for each in found.functions[3:]] == [
        {"trigger": "/say/hello", "app": "shop"},
        {"trigger": "/price", "app": "shop"},
    ]
    (left_out,) = found.left_out
    assert left_out.startswith("shop:odd: ")
    assert "is no path" in left_out


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(status_code=500), "/fn/v2/apps was answered 500"),
        (Response(b"<html>"), "no JSON"),
        (Response(b'{"items": [{"id": 1}]}'), "JSON of another form"),
    ],
)
async def test_whatever_else_is_answered_is_a_failure(answer: Response, problem: str) -> None:
    async with platform_server(lambda request: answer) as server:
        with pytest.raises(DiscoveryError, match=problem):
            await ask(text(server))


async def test_too_many_questions_are_asked_again_when_the_server_says() -> None:
    refusals = [Response(status_code=429, headers={"retry-after": "1"})]
    async with platform_server(lambda request: refusals.pop() if refusals else server_of()(request)) as server:
        assert "shop.order" in names(await ask(text(server)))
        refusals.append(Response(status_code=429, headers={"retry-after": "60"}))
        with pytest.raises(DiscoveryError, match="429") as told:
            await ask(text(server))
    assert told.value.wait == 60
