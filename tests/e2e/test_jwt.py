"""Tokens in a real Envoy: good ones pass, anything else is answered 401, and nothing ever falls through."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import Gateway
from tests.e2e.test_gateway import once
from tests.support.gateway import RunningGateway
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.tokens import ALGORITHMS, Issuer, key_server

Json = dict[str, object]
ISSUER = Issuer()
STRANGER = Issuer()
PARTNER = Issuer("https://partner.example")
KEY = "sesame"
SIGNED = """{{ hmac_sha256(env("FUNCTION_TENANT_KEY"), jwt_claim("tenant")) }}"""


def provider(issuer: Issuer = ISSUER, **fields: object) -> Json:
    keys = {"jwks": {"inline": json.dumps(issuer.jwks())}} if "jwks" not in fields else {}
    return {"issuer": issuer.name, "audiences": ["shop"], **keys, **fields}


def route(path: str, jwt: object = None, **destination: object) -> Json:
    return {
        "request_matcher": {"path_prefix": path},
        "single_destination": destination or {"upstream": {"name": "echo"}},
        "extensions": {} if jwt is None else {"jwt": jwt},
    }


def service(name: str, providers: Mapping[str, object], *routes: Json, **fields: object) -> Json:
    default = {"default": fields.pop("default")} if "default" in fields else {}
    return {"name": name, "jwt": {"providers": providers, **default}, "routes": list(routes), **fields}


def config(port: int, *services: Json, key_port: int = 1) -> Json:
    headers = {"x-tenant": '{{ jwt_claim("tenant") }}', "x-tenant-signature": SIGNED}
    of_tenant = {"path": '/tenants/{{ jwt_claim("tenant") }}', "headers": headers}
    echo = {
        "name": "echo",
        "type": "service",
        "spec": {"hosts": [{"addr": "127.0.0.1", "port": port}]},
        "service_info": {"type": "REST"},
        "functions": [{"name": "of_tenant", "spec": of_tenant}],
    }
    keys = {"name": "keys", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": key_port}]}}
    return {"upstreams": [echo, keys], "virtual_services": list(services)}


def write(folder: Path, whole: Json) -> None:
    written = folder / ".written"
    written.write_text(json.dumps(whole))
    written.rename(folder / "gloo.yaml")


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    async with recording_upstream() as running:
        yield running


@pytest.fixture(autouse=True)
def tenant_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FUNCTION_TENANT_KEY", KEY)
    yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "config"
    made.mkdir()
    return made


@asynccontextmanager
async def running(gateway: Gateway, folder: Path, whole: Json) -> AsyncIterator[RunningGateway]:
    write(folder, whole)
    async with gateway(folder) as found:
        yield found


def refused(answer: httpx.Response, reason: str) -> None:
    """Assert that *answer* is our 401."""
    error = answer.json()["error"]
    assert (answer.status_code, answer.headers["x-gloo-error"]) == (401, reason)
    assert (error["status"], error["reason"]) == (401, reason)
    assert error["message"]
    assert answer.headers["content-type"] == "application/json"


BAD: Mapping[str, tuple[dict[str, str], str]] = {
    "missing": ({}, "token_missing"),
    "other scheme": ({"authorization": "Basic abc"}, "token_missing"),
    "malformed": ({"authorization": "Bearer abc"}, "token_refused"),
    "three parts": ({"authorization": "Bearer a.b.c"}, "token_refused"),
    "expired": (ISSUER.bearer(exp=1), "token_expired"),
    "not yet": (ISSUER.bearer(nbf=4102444800), "token_refused"),
    "without expiry": (ISSUER.bearer(exp=None), "token_refused"),
    "wrong audience": (ISSUER.bearer(aud="other"), "token_refused"),
    "without audience": (ISSUER.bearer(aud=None), "token_refused"),
    "wrong issuer": (ISSUER.bearer(iss="https://other.example"), "token_refused"),
    "without issuer": (ISSUER.bearer(iss=None), "token_refused"),
    "alg none": (ISSUER.bearer("none"), "token_refused"),
    "alg none, signed": ({"authorization": f"Bearer {ISSUER.token('none')}AAAA"}, "token_refused"),
    "another's key": (STRANGER.bearer(), "token_refused"),
    "tampered": ({"authorization": f"Bearer {ISSUER.token()[:-8]}AAAAAAAA"}, "token_refused"),
}


async def test_a_good_token_passes_and_any_other_is_answered_401(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    whole = config(upstream.port, service("shop", {"idp": provider()}, route("/", {"require": ["idp"]})))
    async with running(gateway, folder, whole) as found:
        for algorithm in ALGORITHMS:
            assert (await found.get("/good", headers=ISSUER.bearer(algorithm))).status_code == 200
        for headers, reason in BAD.values():
            refused(await found.get("/bad", headers=headers), reason)
    assert [len(upstream.asked[name]) for name in ("good", "bad")] == [3, 0]
    assert all(not asked.values("authorization") for asked in upstream.asked["good"])


async def test_a_route_demands_what_it_says_and_one_that_says_nothing_a_token_of_any_provider(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    both = {"idp": provider(), "partner": provider(PARTNER, from_headers=[{"name": "x-partner"}])}
    routes = (
        route("/all", {"require": ["idp", "partner"]}),
        route("/any", {"any": ["partner", "idp"]}),
        route("/one", {"require": ["idp"]}),
        route("/missing", {"allow_missing": True}),
        route("/off", "off"),
        route("/", None),
    )
    nothing: dict[str, str] = {}
    own, other = ISSUER.bearer(), {"x-partner": PARTNER.token()}
    cases = (nothing, own, other, own | other, BAD["expired"][0], own | {"x-partner": "a.b.c"})
    wanted = {
        "/all": (401, 401, 401, 200, 401, 401),
        "/any": (401, 200, 200, 200, 401, 200),
        "/one": (401, 200, 401, 200, 401, 200),
        "/missing": (200, 200, 200, 200, 401, 200),
        "/off": (200, 200, 200, 200, 200, 200),
        "/": (401, 200, 200, 200, 401, 200),
    }
    pages = route("/page")
    pages["extensions"] = {"cors": {"allow_origin": ["*"], "allow_methods": ["GET"]}}
    closed = service("shop", both, pages, *routes)
    opened = service("open", both, route("/one", {"require": ["idp"]}), route("/"), default="off", domains=["o.test"])
    async with running(gateway, folder, config(upstream.port, closed, opened)) as found:
        for path, statuses in wanted.items():
            got = [(await found.get(path, headers=headers)).status_code for headers in cases]
            assert (path, tuple(got)) == (path, statuses)
        asks = {"origin": "http://page.test", "access-control-request-method": "GET"}
        assert (await found.request("OPTIONS", "/page", headers=asks)).status_code == 200  # the gateway's own answer
        refused(await found.request("OPTIONS", "/page"), "token_missing")
        assert not upstream.asked["page"]
        host = {"host": "o.test"}
        assert [(await found.get(path, headers=host)).status_code for path in ("/one", "/")] == [401, 200]


async def test_a_template_gets_the_claims_and_the_upstream_no_header_that_a_client_made_up(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    function = {"upstream_name": "echo", "function_name": "of_tenant"}
    idp = provider(claims_to_headers={"sub": "X-User", "org.team": "x-team"})
    whole = config(
        upstream.port,
        service(
            "shop",
            {"idp": idp, "partner": provider(PARTNER, forward=True, claims_to_headers={"sub": "x-partner-user"})},
            route("/tenant", {"require": ["idp"]}, function=function),
            route("/maybe", {"allow_missing": True}, function=function),
            route("/any"),
            route("/off", "off"),
        ),
    )
    forged = {"x-tenant": "evil", "x-user": "evil", "x-team": "evil", "x-partner-user": "evil"}
    async with running(gateway, folder, whole) as found:
        token = ISSUER.bearer(tenant="Ann's & co", org={"team": "blue"}, roles=["a"])
        assert (await found.get("/tenant?x=1", headers=forged | token)).status_code == 200
        unclaimed = await found.get("/tenant", headers=ISSUER.bearer())
        assert (unclaimed.status_code, unclaimed.headers["x-gloo-error"]) == (400, "missing_parameter")
        assert (await found.get("/maybe", headers=forged)).status_code == 400
        await found.get("/any", headers=forged | token)
        await found.get("/any", headers=forged | PARTNER.bearer())
        await found.get("/off", headers=forged | token)

    (asked,) = upstream.asked["tenants"]
    assert asked.path == "/tenants/Ann%27s%20%26%20co"
    assert asked.values("x-tenant") == ["Ann's & co"]
    assert asked.values("x-tenant-signature") == [hmac.new(KEY.encode(), b"Ann's & co", hashlib.sha256).hexdigest()]
    names = ("x-user", "x-team", "x-partner-user")
    own, others = upstream.asked["any"]
    assert [asked.values(name) for name in names] == [["ann"], ["blue"], []]
    assert [own.values(name) for name in (*names, "authorization")] == [["ann"], ["blue"], [], []]
    assert [others.values(name) for name in names] == [[], [], ["ann"]]
    assert len(others.values("authorization")) == 1
    assert [upstream.asked["off"][0].values(name) for name in names] == [[], [], []]


async def test_a_bad_provider_takes_its_routes_alone_and_never_opens_them(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    bad = {
        "nokeys": provider(jwks={"inline": {"keys": []}}),
        "nojson": provider(jwks={"inline": "{"}),
        "nosecret": provider(jwks={"secret_ref": "nothing"}),
        "noupstream": provider(jwks={"url": "http://keys.test/keys", "upstream": "nobody"}),
        "undecodable": {"issuer": "a", "jwks": {"inlin": "{}"}},
    }
    routes = [route(f"/{name}", {"require": [name]}) for name in bad]
    shop = service("shop", {"idp": provider(), **bad}, *routes, route("/unknown", {"require": ["idb"]}), route("/"))
    shop["routes"].insert(0, route("/good", {"require": ["idp"]}))  # type: ignore[attr-defined]  # a list
    async with running(gateway, folder, config(upstream.port, shop)) as found:
        assert (await found.get("/good")).status_code == 401
        assert (await found.get("/good", headers=ISSUER.bearer())).status_code == 200
        for path in (*bad, "unknown", "other"):
            for headers in ({}, ISSUER.bearer()):
                answer = await found.get(f"/{path}", headers=headers)
                assert (path, answer.status_code) == (path, 500)
                assert answer.json()["error"]["reference"] == answer.headers["x-gloo-error"]
        (folder / "secrets").mkdir()
        (folder / "secrets" / "nothing.yaml").write_text(json.dumps({"jwks": json.dumps(ISSUER.jwks())}))
        await once(lambda: found.get("/nosecret", headers=ISSUER.bearer()), 200)
        assert (await found.get("/nosecret")).status_code == 401
    assert "eyJ" not in found.log.read_text()


async def test_providers_of_two_virtual_services_may_have_one_name(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    services = (
        service(name, {"idp": provider(issuer)}, route("/", {"require": ["idp"]}), domains=[f"{name}.test"])
        for name, issuer in (("one", ISSUER), ("two", STRANGER))
    )
    async with running(gateway, folder, config(upstream.port, *services)) as found:
        for name, issuer, wanted in (
            ("one", ISSUER, 200),
            ("one", STRANGER, 401),
            ("two", ISSUER, 401),
            ("two", STRANGER, 200),
        ):
            answer = await found.get("/", headers=issuer.bearer() | {"host": f"{name}.test"})
            assert answer.status_code == wanted


async def test_keys_are_fetched_once_and_afresh_when_they_change(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    old, new = Issuer(key="old"), Issuer(key="new")
    async with key_server(old) as keys:
        jwks = {"url": "http://idp.test/keys", "upstream": "keys"}
        held = provider(jwks=jwks)
        quick = provider(jwks={**jwks, "cache": "1s"})
        shop = service("shop", {"idp": held, "quick": quick}, route("/held", {"require": ["idp"]}), route("/"))
        shop["routes"][1]["extensions"] = {"jwt": {"require": ["quick"]}}  # type: ignore[index]  # a list
        port = int(keys.url.rpartition(":")[2])
        async with running(gateway, folder, config(upstream.port, shop, key_port=port)) as found:
            for _ in range(20):
                assert (await found.get("/held", headers=old.bearer())).status_code == 200
            assert (await found.get("/", headers=old.bearer())).status_code == 200
            asked = keys.asked
            assert asked < 20
            keys.issuer = new
            await once(lambda: found.get("/", headers=new.bearer()), 200)
            refused(await found.get("/", headers=old.bearer()), "token_refused")
            assert (await found.get("/held", headers=old.bearer())).status_code == 200
            keys.issuer = None
            before = keys.asked
            async with asyncio.timeout(10):
                while keys.asked < before + 2:  # noqa: ASYNC110 - Envoy tells nobody
                    await asyncio.sleep(0.02)
            assert (await found.get("/", headers=new.bearer())).status_code == 200


async def test_keys_that_cant_be_fetched_are_no_fault_of_the_client_and_open_nothing(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    jwks = {"url": "http://idp.test/keys", "upstream": "keys"}
    whole = config(upstream.port, service("shop", {"idp": provider(jwks=jwks)}, route("/", {"require": ["idp"]})))
    async with running(gateway, folder, whole) as found:
        answer = await found.get("/", headers=ISSUER.bearer())
        assert (answer.status_code, answer.headers["x-gloo-error"]) == (503, "keys_unavailable")
        refused(await found.get("/"), "token_missing")
    assert not upstream.asked


async def test_a_change_of_providers_harms_no_request_and_no_connection(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    def shop(count: int) -> Json:
        providers: Json = {f"p{index}": provider(PARTNER) for index in range(count)}
        return config(
            upstream.port, service("shop", {"idp": provider(), **providers}, route("/", {"require": ["idp"]}))
        )

    marked = service("mark", {"idp": provider()}, route("/", "off"), domains=["mark.test"])
    upstream.script["slow"].append(0)
    async with running(gateway, folder, shop(0)) as found:
        limits = httpx.Limits(max_connections=1)
        slow = asyncio.create_task(found.get("/slow", headers=ISSUER.bearer()))
        await upstream.wait_asked("slow")
        async with httpx.AsyncClient(base_url=found.url, limits=limits, trust_env=False) as client:
            first = await client.get("/kept", headers=ISSUER.bearer())
            stream = first.extensions["network_stream"].get_extra_info("client_addr")
            assert stream
            for count in range(1, 6):
                whole = shop(count)
                marked["routes"] = [route(f"/{count}", "off")]
                whole["virtual_services"].append(marked)  # type: ignore[attr-defined]  # a list
                write(folder, whole)
                while (await client.get(f"/{count}", headers={"host": "mark.test"})).status_code != 200:
                    answer = await client.get("/kept", headers=ISSUER.bearer())
                    assert answer.status_code == 200
                    refused(await client.get("/kept"), "token_missing")
                    assert answer.headers.get("connection") != "close"
                    assert answer.extensions["network_stream"].get_extra_info("client_addr") == stream
        assert not slow.done()
        slow.cancel()


@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_an_event_needs_its_token_in_every_form(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream, mode: str
) -> None:
    events = {
        "event_matcher": {"event_type": "org.example.born"},
        "single_destination": {"upstream": {"name": "echo"}},
        "extensions": {"jwt": {"require": ["idp"]}},
    }
    body = {"specversion": "1.0", "type": "org.example.born", "source": "/me", "id": "1", "data": {}}
    attributes = {f"ce-{name}": str(value) for name, value in body.items() if name != "data"}
    headers = {"content-type": "application/cloudevents+json"} if mode == "structured" else attributes
    async with running(gateway, folder, config(upstream.port, service("shop", {"idp": provider()}, events))) as found:
        refused(await found.request("POST", "/events", headers=headers, json=body), "token_missing")
        assert not upstream.asked
        answer = await found.request("POST", "/events", headers=headers | ISSUER.bearer(), json=body)
        assert answer.status_code == 200


async def test_a_provider_that_goes_with_its_demands_fails_no_request(
    gateway: Gateway, folder: Path, upstream: RecordingUpstream
) -> None:
    def whole(count: int) -> Json:
        name = f"idp{count}"
        marked = service("mark", {}, route(f"/{count}", "off"), domains=["mark.test"])
        if count % 3 == 0:
            return config(upstream.port, {"name": "shop", "routes": [route("/")]}, marked)
        return config(upstream.port, service("shop", {name: provider()}, route("/", {"require": [name]})), marked)

    statuses: list[int] = []
    async with running(gateway, folder, whole(0)) as found:
        done = asyncio.Event()

        async def ask() -> None:
            async with httpx.AsyncClient(base_url=found.url, trust_env=False) as client:
                while not done.is_set():
                    statuses.append((await client.get("/kept", headers=ISSUER.bearer())).status_code)

        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            for count in range(1, 11):
                write(folder, whole(count))
                await once(lambda count=count: found.get(f"/{count}", headers={"host": "mark.test"}), 200)  # type: ignore[misc]  # bound at once
            done.set()
    assert set(statuses) == {200}
