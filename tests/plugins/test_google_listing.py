"""Functions of a project, as the documented interface of Cloud Functions lists them; the server is a double of it."""

import base64
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.requests import Request
from starlette.responses import Response
from tests.support.platform_server import NOW, PlatformServer, ask, names, platform_server, wanted
from tests.support.translating import PLUGINS, config_of

from gloo.discovery.wanted import wanted_of
from gloo.errors import ConfigError, DiscoveryError
from gloo.model.base import Json
from gloo.model.secret import Secret

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PLACE = "projects/example-shop/locations/europe-west1/functions"
HOST = "https://europe-west1-example-shop.cloudfunctions.net"


def account(server: PlatformServer, **fields: str) -> Secret:
    known = {"client_email": "gloo@example-shop.test", "private_key": PEM, "private_key_id": "k1"}
    return Secret("key", {"json_key_file": json.dumps({**known, "token_uri": f"{server.url}/token", **fields})})


def text(server: PlatformServer, spec: str = "{region: europe-west1, project_id: example-shop}", more: str = "") -> str:
    options = f'{{secret_ref: key, endpoint: "{server.url}"{more}}}'
    return f"name: shop\ntype: google\nspec: {spec}\ndiscovery: {{functions: true, spec: {options}}}\n"


def listing(pages: dict[str, Json]) -> Callable[[Request], Response | Json]:
    """Return what gives out a token, and lists *pages* by their tokens to who has it."""

    def say(request: Request) -> Response | Json:
        if request.url.path == "/token":
            return {"access_token": "ya29.token", "expires_in": 3599}
        if request.headers.get("authorization") != "Bearer ya29.token":
            return Response(status_code=401)
        return pages[request.query_params.get("pageToken", "")]

    return say


def function(name: str, **fields: Json) -> Json:
    return {"name": f"{PLACE}/{name}", "state": "ACTIVE", "url": f"{HOST}/{name}", "environment": "GEN_2", **fields}


async def test_a_service_account_gets_a_token_and_all_pages() -> None:
    pages = {"": {"functions": [function("price")], "nextPageToken": "t 2"}, "t 2": {"functions": [function("order")]}}
    async with platform_server(listing(pages)) as server:
        found = await ask(text(server), account(server))
    assert (names(found), found.silent) == (["price", "order"], ())
    assert server.asked[1:] == [f"GET /v2/{PLACE}?pageSize=200", f"GET /v2/{PLACE}?pageSize=200&pageToken=t+2"]
    form = parse_qs(server.bodies[0].decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    check_assertion(form["assertion"][0], KEY, f"{server.url}/token")


def check_assertion(assertion: str, key: RSAPrivateKey, audience: str) -> None:
    """Judge a claim as Google would: signature, issuer, audience, and an hour at most."""
    head, claims, signature = assertion.split(".")
    key.public_key().verify(_decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    assert json.loads(_decoded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    said = json.loads(_decoded(claims))
    assert (said["iss"], said["aud"], said["iat"]) == ("gloo@example-shop.test", audience, NOW)
    assert said["exp"] - said["iat"] <= 3600


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_what_no_request_can_call_is_left_out() -> None:
    functions = [
        function("ok"),
        function("updating", state="DEPLOYING"),
        function("broken-update", state="FAILED"),
        function("going", state="DELETING"),
        function("on-event", eventTrigger={"eventType": "google.cloud.pubsub.topic.v1.messagePublished"}),
        function("never-ran", url="", state="FAILED"),
        {"name": "projects/example-shop/locations/us-east1/functions/far", "url": "https://far", "state": "ACTIVE"},
    ]
    async with platform_server(listing({"": {"functions": functions}})) as server:
        found = await ask(text(server), account(server))
    assert names(found) == ["ok", "updating", "broken-update"]


async def test_with_a_url_the_functions_on_its_host_are_found_wherever_they_are() -> None:
    functions = [
        function("one", serviceConfig={"uri": "https://one-abc-ew.a.run.app"}),
        function("two", serviceConfig={"uri": "https://two-abc-ew.a.run.app"}),
    ]
    page = {"functions": functions, "unreachable": ["us-east1"]}
    async with platform_server(listing({"": page})) as server:
        spec = '{url: "https://one-abc-ew.a.run.app"}'
        found = await ask(text(server, spec, ", project_id: example-shop"), account(server))
    assert [(each.name, each.spec) for each in found.functions] == [("one", {"url": "https://one-abc-ew.a.run.app"})]
    assert found.silent == ("us-east1",)
    assert server.asked[1] == "GET /v2/projects/example-shop/locations/-/functions?pageSize=200"


async def test_the_annotation_of_the_first_gloo_names_the_secret() -> None:
    async with platform_server(listing({"": {"functions": [function("price")]}})) as server:
        annotated = text(server).replace("secret_ref: key, ", "")
        annotated += "metadata: {annotations: {gloo.solo.io/google_secret_ref: key}}\n"
        assert names(await ask(annotated, account(server))) == ["price"]


@pytest.mark.parametrize(
    "fields",
    [{"private_key": "canary"}, {"private_key": PEM.replace("A", "B")}, {"token_uri": "nowhere"}],
)
async def test_a_secret_that_is_no_key_is_told_without_it(fields: dict[str, str]) -> None:
    async with platform_server(listing({})) as server:
        with pytest.raises(ConfigError) as caught:
            await ask(text(server), account(server, **fields))
    assert str(caught.value).startswith("spec.secret_ref: json_key_file in the secret 'key' is no service account key")
    assert server.asked == []


@pytest.mark.parametrize("secret", [Secret("key", {}), Secret("key", {"json_key_file": "{"})])
async def test_a_secret_without_a_key_says_what_is_missing(secret: Secret) -> None:
    async with platform_server(listing({})) as server:
        with pytest.raises(ConfigError, match="json_key_file"):
            await ask(text(server), secret)


async def test_a_key_is_not_sent_in_the_clear_to_another_machine() -> None:
    async with platform_server(listing({})) as server:
        with pytest.raises(ConfigError, match="without https"):
            await ask(text(server), account(server, token_uri="http://token.example.org/"))


async def test_a_refused_account_is_told_by_the_name_of_the_error() -> None:
    refused = Response(b'{"error": "invalid_grant", "error_description": "canary"}', 400)
    async with platform_server(lambda request: refused) as server:
        with pytest.raises(DiscoveryError, match="/token was answered 400 invalid_grant"):
            await ask(text(server), account(server))


def test_without_a_project_nobody_is_asked() -> None:
    asked = 'name: a\ntype: google\nspec: {url: "https://a.run.app"}\ndiscovery: {functions: true}\n'
    assert wanted_of(config_of(asked), PLUGINS) == {}
    with_project = asked.replace("true}", "true, spec: {project_id: example-shop, secret_ref: key}}")
    assert wanted(with_project).lacking == ("key",)
