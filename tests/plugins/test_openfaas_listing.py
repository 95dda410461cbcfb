"""Functions of OpenFaaS, as its gateway lists them."""

import base64

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import PlatformServer, ask, names, platform_server

from gloo.errors import DiscoveryError
from gloo.model.base import Json
from gloo.model.secret import Secret

LISTS = {"": ["resize", "price"], "openfaas-fn": ["resize", "price"], "finance": ["report"]}


def say(request: Request) -> Response | Json:
    """Answer as the gateway does, whose own namespace is ``openfaas-fn``."""
    if request.url.path == "/faas/system/namespaces":
        return ["openfaas-fn", "finance"]
    assert request.url.path == "/faas/system/functions"
    place = request.query_params.get("namespace", "")
    if place not in LISTS:
        return Response(status_code=400)
    return [{"name": name, "namespace": place or "openfaas-fn", "replicas": 1} for name in LISTS[place]]


def text(server: PlatformServer, options: str = "{}", spec: str = "") -> str:
    return f"""
name: faas
type: openfaas
spec: {{gateway: "{server.url}/faas/"{spec}}}
discovery: {{functions: true, spec: {options}}}
"""


async def test_functions_of_the_own_namespace_keep_their_names() -> None:
    async with platform_server(say) as server:
        found = await ask(text(server))
    assert names(found) == ["resize", "price"]
    assert {dict(each.spec).get("namespace") for each in found.functions} == {None}
    assert server.asked == ["GET /faas/system/functions"]
    assert "authorization" not in server.headers[0]


async def test_who_asks_is_said_as_calls_say_it() -> None:
    secret = Secret("keys", {"username": "admin", "password": "p"})
    async with platform_server(say) as server:
        await ask(text(server, spec=", secret_ref: keys"), secret)
    assert server.headers[0]["authorization"] == f"Basic {base64.b64encode(b'admin:p').decode()}"


@pytest.mark.parametrize("options", ["{all_namespaces: true}", "{namespaces: [finance, openfaas-fn]}"])
async def test_functions_of_another_namespace_are_named_with_it(options: str) -> None:
    async with platform_server(say) as server:
        found = await ask(text(server, options))
    assert names(found) == ["resize", "price", "report.finance"]
    assert found.functions[2].spec == {"function_name": "report", "namespace": "finance"}
    assert server.asked[-1] == "GET /faas/system/functions?namespace=finance"


async def test_the_namespace_of_the_upstream_is_its_own() -> None:
    async with platform_server(say) as server:
        assert names(await ask(text(server, spec=", namespace: finance"))) == ["report"]


async def test_no_functions_are_written_as_an_empty_list_or_as_null() -> None:
    bodies = [b"[]", b"null"]
    async with platform_server(lambda request: Response(bodies.pop())) as server:
        assert names(await ask(text(server))) == []
        assert names(await ask(text(server))) == []


async def test_a_namespace_that_does_not_exist_fails_the_whole() -> None:
    async with platform_server(say) as server:
        with pytest.raises(DiscoveryError, match="was answered 400"):
            await ask(text(server, "{namespaces: [nowhere]}"))
