"""Functions of an account, as Lambda lists them; the signatures are judged by botocore in `test_aws_signing`."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import NOW, PlatformServer, ask, names, platform_server

from gloo.errors import DiscoveryError
from gloo.model.base import Json
from gloo.model.secret import Secret

KEYS = Secret("aws", {"access_key": "AKIDTEST", "secret_key": "canary-aws"})
PAGES: dict[str, Json] = {
    "": {"Functions": [{"FunctionName": "a"}, {"FunctionName": "b"}], "NextMarker": "m/1="},
    "m/1=": {"Functions": [{"FunctionName": "c", "Version": "$LATEST", "Runtime": "x"}], "NextMarker": None},
}


def text(server: PlatformServer, options: str = "{}", more: str = "") -> str:
    return f"""
name: orders
type: aws
spec:
  region: eu-west-1
  account_id: "123456789012"
  secret_ref: aws
  endpoint: {{host: 127.0.0.1, port: {server.port}, tls: false}}
discovery: {{functions: true, spec: {options}{more}}}
"""


def pages(request: Request) -> Json:
    """Answer ListFunctions and ListAliases, each page under its marker."""
    if request.url.path.endswith("/aliases"):
        name = request.url.path.split("/")[-2]
        return {"Aliases": [{"Name": "live", "FunctionVersion": "1"}] if name == "a" else []}
    assert request.url.path == "/2015-03-31/functions/"
    return PAGES[request.query_params.get("Marker", "")]


async def test_all_pages_are_asked_for_and_each_question_is_signed() -> None:
    async with platform_server(pages) as server:
        found = await ask(text(server), KEYS)
    assert names(found) == ["a", "b", "c"]
    assert found.functions[2].spec == {"function_name": "c"}
    assert server.asked == ["GET /2015-03-31/functions/", "GET /2015-03-31/functions/?Marker=m%2F1%3D"]
    scope = "Credential=AKIDTEST/20231114/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature="
    assert all(f"AWS4-HMAC-SHA256 {scope}" in each["authorization"] for each in server.headers)
    assert NOW == 1_700_000_000.0
    assert server.headers[0]["host"] == f"127.0.0.1:{server.port}"


async def test_aliases_are_named_where_they_are_wanted() -> None:
    async with platform_server(pages) as server:
        found = await ask(text(server, "{qualifiers: [aliases]}"), KEYS)
    assert names(found) == ["a", "b", "c", "a:live"]
    assert found.functions[3].spec == {"function_name": "a", "qualifier": "live"}
    assert len(server.asked) == 5


async def test_versions_come_with_the_functions_themselves() -> None:
    versions = {"Functions": [{"FunctionName": "a", "Version": each} for each in ("$LATEST", "1", "2")]}
    async with platform_server(lambda request: versions) as server:
        found = await ask(text(server, "{qualifiers: [versions]}"), KEYS)
    assert names(found) == ["a", "a:$LATEST", "a:1", "a:2"]
    assert server.asked == ["GET /2015-03-31/functions/?FunctionVersion=ALL"]


async def test_more_functions_than_are_of_use_are_not_asked_for() -> None:
    async with platform_server(pages) as server:
        found = await ask(text(server, more=", most: 1"), KEYS)
    assert (names(found), len(server.asked)) == (["a", "b"], 1)


async def test_a_list_that_names_the_same_page_for_ever_ends() -> None:
    endless = {"Functions": [{"FunctionName": "a"}], "NextMarker": "m"}
    async with platform_server(lambda request: endless) as server:
        assert names(await ask(text(server), KEYS)) == ["a"]
    assert len(server.asked) == 2


async def test_a_page_that_fails_fails_the_whole_and_is_told_without_the_key() -> None:
    def second_fails(request: Request) -> Response | Json:
        error = Response(b'{"message": "canary-aws"}', 403, {"x-amzn-ErrorType": "AccessDeniedException"})
        return error if "Marker" in request.query_params else PAGES[""]

    async with platform_server(second_fails) as server:
        with pytest.raises(DiscoveryError) as caught:
            await ask(text(server), KEYS)
    assert "403 AccessDeniedException" in str(caught.value)
    assert "canary" not in str(caught.value)
