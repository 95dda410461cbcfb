"""Functions of an app, as it and Azure's management list them; the server is a double of both, by their contract."""

from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import PlatformServer, ask, names, platform_server
from tests.support.translating import PLUGINS, config_of

from gloo.discovery.wanted import wanted_of
from gloo.errors import ConfigError, DiscoveryError
from gloo.model.base import Json
from gloo.model.secret import Secret

MASTER = Secret("keys", {"_master": "canary-master"})
PRINCIPAL = Secret("principal", {"tenant_id": "t-1", "client_id": "c-1", "client_secret": "canary-client"})
LIST = "/subscriptions/s-1/resourceGroups/shop/providers/Microsoft.Web/sites/example-shop/functions"


def app_text(server: PlatformServer, options: str = "{}") -> str:
    spec = f'{{function_app_name: example-shop, secret_ref: keys, url: "{server.url}"}}'
    return f"name: shop\ntype: azure\nspec: {spec}\ndiscovery: {{functions: true, spec: {options}}}\n"


def management_text(server: PlatformServer) -> str:
    where = f'endpoint: "{server.url}", login: "{server.url}/login"'
    options = f"{{subscription_id: s-1, resource_group: shop, secret_ref: principal, {where}}}"
    spec = "{function_app_name: example-shop}"
    return f"name: shop\ntype: azure\nspec: {spec}\ndiscovery: {{functions: true, spec: {options}}}\n"


def http_function(name: str, **binding: str) -> Json:
    bindings = [{"type": "httpTrigger", "direction": "in", **binding}, {"type": "http", "direction": "out"}]
    return {"name": name, "config": {"bindings": bindings}, "isDisabled": False, "language": "python"}


async def test_an_app_is_asked_with_its_master_key() -> None:
    listed = [
        http_function("price", authLevel="anonymous"),
        http_function("Order"),
        http_function("x", authLevel="ADMIN"),
    ]
    async with platform_server(lambda request: listed) as server:
        found = await ask(app_text(server), MASTER)
    assert {each.name: dict(each.spec) for each in found.functions} == {
        "price": {},
        "Order": {"auth_level": "function"},
        "x": {"auth_level": "admin"},
    }
    assert (server.asked, server.headers[0]["x-functions-key"]) == (["GET /admin/functions"], "canary-master")


@pytest.mark.parametrize(
    ("route", "spec"),
    [
        ("orders", {"function_name": "orders"}),
        ("orders/{id}", {"function_name": "orders", "pass_path": True}),
        ("f/{a}/{b?}", {"pass_path": True}),
        ("/f", {}),
    ],
)
async def test_a_route_of_its_own_is_how_a_function_is_called(route: str, spec: Json) -> None:
    listed = [http_function("f", authLevel="anonymous", route=route)]
    async with platform_server(lambda request: listed) as server:
        (function,) = (await ask(app_text(server), MASTER)).functions
    assert (function.name, dict(function.spec)) == ("f", spec)


async def test_what_no_request_can_call_is_left_out() -> None:
    timer = {"name": "tick", "config": {"bindings": [{"type": "timerTrigger"}]}}
    odd = [
        http_function("two", route="a/b"),
        http_function("all", route="{*rest}"),
        http_function("s", authLevel="user"),
    ]
    bare = [{"name": "bare", "config": None}, {"name": None, "config": {"bindings": None}}]
    listed = [timer, http_function("off") | {"isDisabled": True}, *bare, *odd]
    async with platform_server(lambda request: listed) as server:
        found = await ask(app_text(server), MASTER)
    assert names(found) == []
    assert [each.partition(":")[0] for each in found.left_out] == ["two", "all", "s"]


async def test_a_secret_without_a_master_key_is_told() -> None:
    async with platform_server(lambda request: []) as server:
        with pytest.raises(ConfigError, match="'keys' has no '_master'"):
            await ask(app_text(server), Secret("keys", {"price": "k"}))
    assert server.asked == []


def test_without_a_secret_nobody_is_asked() -> None:
    text = "name: shop\ntype: azure\nspec: {function_app_name: a}\ndiscovery: {functions: true}\n"
    assert wanted_of(config_of(text), PLUGINS) == {}


def management(request: Request) -> Response | Json:
    """Give out a token, and two pages to who has it."""
    if request.url.path == "/login/t-1/oauth2/v2.0/token":
        return {"access_token": "eyJ", "token_type": "Bearer"}
    if request.headers.get("authorization") != "Bearer eyJ" or request.url.path != LIST:
        return Response(status_code=403)
    if "skip" not in request.query_params:
        following = f"http://{request.headers['host']}{LIST}?api-version=2022-03-01&skip=1"
        return {"value": [{"name": "example-shop/price", "properties": http_function("price")}], "nextLink": following}
    unnamed = {"config": {"bindings": [{"type": "httpTrigger"}]}}
    return {"value": [{"name": "example-shop/order", "properties": unnamed}], "nextLink": None}


async def test_the_management_is_asked_as_a_service_principal_page_by_page() -> None:
    async with platform_server(management) as server:
        found = await ask(management_text(server), PRINCIPAL)
    assert names(found) == ["price", "order"]
    assert parse_qs(server.bodies[0].decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["c-1"],
        "client_secret": ["canary-client"],
        "scope": [f"{server.url}/.default"],
    }
    assert server.asked[1:] == [
        f"GET {LIST}?api-version=2022-03-01",
        f"GET {LIST}?api-version=2022-03-01&skip=1",
    ]


async def test_a_token_goes_to_no_other_host() -> None:
    def elsewhere(request: Request) -> Json:
        if request.method == "POST":
            return {"access_token": "eyJ"}
        return {"value": [], "nextLink": "https://evil.example.org/next"}

    async with platform_server(elsewhere) as server:
        with pytest.raises(DiscoveryError, match="names a next page on another host"):
            await ask(management_text(server), PRINCIPAL)


async def test_a_principal_that_lacks_something_is_told() -> None:
    async with platform_server(management) as server:
        with pytest.raises(ConfigError, match="'principal' has no client_secret"):
            await ask(management_text(server), Secret("principal", {"tenant_id": "t", "client_id": "c"}))


async def test_a_refused_principal_is_told_without_its_secret() -> None:
    refused = Response(b'{"error": "invalid_client", "error_description": "canary-client"}', 401)
    async with platform_server(lambda request: refused) as server:
        with pytest.raises(DiscoveryError, match="401 invalid_client") as caught:
            await ask(management_text(server), PRINCIPAL)
    assert "canary" not in str(caught.value)
