"""The examples of functions do what their pages say."""

import asyncio
import hashlib
import re
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import EXAMPLES, Gateway

from gloo.control_plane.state import read_statuses

Example = Callable[[str], Path]
PORT = re.compile("port: [0-9]+")


def _replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


@asynccontextmanager
async def service(script: Path, folder: Path, port: str) -> AsyncIterator[str]:
    """Run the service of an example on a free port, which takes the place of *port* in *folder*; yield its address.

    What it writes to standard error is in the file `service.log` beside *folder*.
    """
    with (folder.parent / "service.log").open("wb") as errors:
        process = await create_subprocess_exec(sys.executable, str(script), "0", stdout=PIPE, stderr=errors)
    try:
        assert process.stdout is not None
        chosen = (await process.stdout.readline()).decode().strip()
        _replace(folder / "gloo.yaml", port, chosen)
        yield f"http://127.0.0.1:{chosen}"
    finally:
        process.terminate()
        await process.wait()


async def test_a_legacy_form_service_has_a_json_api(example: Example, gateway: Gateway) -> None:
    folder = example("14-legacy-form")
    async with service(EXAMPLES / "14-legacy-form/payments.py", folder, "8084"), gateway(folder) as running:
        note = 'lunch & tea=2 "é"'
        paid = await running.request("POST", "/payments", json={"card": "4111", "amount": 12.5, "note": note})
        assert (paid.status_code, paid.json()) == (201, {"booked": 12.5, "note": note})
        assert paid.headers["content-type"] == "application/json"
        refused = await running.request("POST", "/payments", json={"card": "4111", "amount": -1})
        assert (refused.status_code, refused.json()) == (422, {"error": "bad amount"})
        missing = await running.request("POST", "/payments", json={"card": "4111"})
        assert (missing.status_code, missing.json()["error"]["parameter"]) == (400, "amount")


async def test_an_api_is_reshaped_for_another_contract(example: Example, gateway: Gateway) -> None:
    async with gateway(example("15-another-contract")) as running:
        animal = (await running.get("/animals/1")).json()["data"]
        assert animal == {"type": "animal", "id": "1", "attributes": {"name": "Rex", "free": True}}
        wanted = {"data": {"attributes": {"name": 'Max "the" é', "free": False}}}
        adopted = (await running.request("POST", "/animals", json=wanted)).json()["data"]
        assert adopted["attributes"] == wanted["data"]["attributes"]
        none = await running.get("/animals/4711")
        assert (none.status_code, none.json()["errors"][0]["title"]) == (404, "there is no such animal")


async def test_a_list_is_a_table_an_error_has_details_and_a_query_is_a_body(example: Example, gateway: Gateway) -> None:
    async with gateway(example("29-formats")) as running:
        table = await running.get("/pets.csv")
        assert table.headers["content-type"] == "text/csv"
        assert table.text.splitlines()[:2] == ["id,name,status", '1,"Rex",available']
        none = await running.get("/pets/4711")
        assert (none.status_code, none.headers["content-type"]) == (404, "application/problem+json")
        assert none.json()["instance"] == "/pets/4711"
        added = await running.request("POST", "/pets?pet=Max,SOLD")
        assert (added.status_code, added.json()["name"], added.json()["status"]) == (201, "Max", "sold")


async def test_the_contract_holds_when_the_upstream_is_down(example: Example, gateway: Gateway) -> None:
    folder = example("15-another-contract")
    port = PORT.search((folder / "gloo.yaml").read_text())
    assert port is not None
    _replace(folder / "gloo.yaml", port[0], "port: 1")
    async with gateway(folder) as running:
        answer = await running.get("/animals/1")
        assert (answer.status_code, answer.json()["errors"][0]["title"]) == (502, "the stable is closed")


@pytest.mark.parametrize(
    ("accept", "version", "keys"),
    [
        ("*/*", "1", {"petId", "petName"}),
        ("application/vnd.pets.v2+json", "2", {"pet"}),
        ("application/vnd.pets.v2.1+json", "2", {"pet"}),
    ],
)
async def test_the_accept_header_chooses_the_version(
    example: Example, gateway: Gateway, accept: str, version: str, keys: set[str]
) -> None:
    async with gateway(example("16-versions")) as running:
        answer = await running.get("/pets/1", headers={"accept": accept})
        assert (answer.headers["x-api-version"], answer.json().keys()) == (version, keys)


async def test_tenants_are_signed_by_the_gateway_alone(
    example: Example, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTION_TENANT_KEY", "sesame")
    folder = example("17-tenants")
    async with service(EXAMPLES / "17-tenants/orders.py", folder, "8087") as url, gateway(folder) as running:
        headers = {"host": "ann.shop.test", "x-tenant": "bob", "x-tenant-signature": "00"}
        answer = await running.get("/orders/a%2Fb", headers=headers)
        assert answer.json() == {"tenant": "ann", "path": "/tenants/ann/orders/a%2Fb"}
        assert (await running.get("/orders/7", headers={"host": "other.test"})).status_code == 400
        async with httpx.AsyncClient(trust_env=False) as client:
            past = await client.get(f"{url}/tenants/ann/orders/7", headers={"x-tenant": "ann"})
        assert past.status_code == 403
        assert "sesame" not in running.log.read_text()


async def test_tokens_say_whose_tenant_it_is(
    example: Example, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTION_TENANT_KEY", "sesame")
    folder = example("28-jwt")
    page = (EXAMPLES / "28-jwt/README.md").read_text()
    tokens = dict(re.findall(r"^    ([A-Z]+)=(ey\S+)$", page, re.MULTILINE))
    async with service(EXAMPLES / "28-jwt/orders.py", folder, "8089"), gateway(folder) as running:

        async def ask(path: str, token: str = "", **headers: str) -> httpx.Response:
            given = {"authorization": f"Bearer {token}"} if token else {}
            return await running.get(path, headers={**given, **headers})

        for name, user, tenant in (("ANN", "ann", "blue"), ("BOB", "bob", "green")):
            answer = (await ask("/orders", tokens[name], user="root")).json()
            assert answer == {"path": f"/tenants/{tenant}/orders", "tenant": tenant, "user": user}
        answers = [await ask("/orders"), await ask("/orders", tokens["OLD"]), await ask("/orders", f"x{tokens['ANN']}")]
        reasons = ["token_missing", "token_expired", "token_refused"]
        assert [(each.status_code, each.headers["x-gloo-error"]) for each in answers] == [(401, r) for r in reasons]
        assert (await ask("/health", **{"x-user": "root"})).json() == {"healthy": True, "user": None}
        assert (await ask("/health", tokens["OLD"])).status_code == 401
        assert (await ask("/")).text == "welcome\n"


async def _counted(folder: Path, name: str) -> int:
    """Return what the Envoy of the gateway on *folder* has counted under *name*."""
    running = read_statuses(folder / ".gloo").running
    assert running is not None
    transport = httpx.AsyncHTTPTransport(uds=running.admin)
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        found = (await client.get("/stats", params={"format": "json", "filter": f"^{name}$"})).json()["stats"]
    return next((int(each["value"]) for each in found if each.get("name") == name), 0)


async def test_an_upload_reaches_a_json_api(example: Example, gateway: Gateway) -> None:
    folder = example("27-upload")
    files = [("file", ("one.bin", bytes(range(256)) * 1000)), ("file", ('t"wo.txt', b"\r\n--x", "text/plain"))]
    data = {"title": 'Two "files"', "tag": ["a", "b"]}
    async with service(EXAMPLES / "27-upload/archive.py", folder, "8090"), gateway(folder) as running:
        stored = await running.request("POST", "/upload", data=data, files=files)
        digests = [hashlib.sha256(file[1]).hexdigest() for _, file in files]  # type: ignore[arg-type]
        told = {"id": 1, "sha256": digests, "license": "CC BY 4.0", "rack": "7"}
        assert (stored.status_code, stored.json()) == (201, told)
        assert not [name for name in stored.headers if name.startswith("x-gloo")]
        (folder / "artifacts/license.txt").write_text('CC0 "1.0"\n')
        async with asyncio.timeout(10):
            while told["license"] != 'CC0 "1.0"':
                told = (await running.request("POST", "/upload", data=data, files=files)).json()
        none = await running.request("POST", "/upload", files=files)
        assert (none.status_code, none.json()["error"]["parameter"]) == (400, "title")
        assert await _counted(folder, "http.http.lua.function_errors.missing_parameter") == 1
        assert await _counted(folder, "http.http.lua.function.archive/store.errors") == 1
        kind = {"content-type": "multipart/form-data; boundary=b"}
        cut = await running.request("POST", "/upload", content=b"--b", headers=kind)
        assert (cut.status_code, cut.headers["x-gloo-error"]) == (400, "bad_body")
        long = await running.request("POST", "/upload", content=b"x" * (2**20 + 4096), headers=kind)
        error = long.json()["error"]
        assert (error["status"], error["reason"], error["function"]) == (413, "too_large", "archive/store")
