"""The examples do what their READMEs say."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from tests.e2e.conftest import Gateway

Example = Callable[[str], Path]


async def test_hello_sends_every_request_to_the_service(example: Example, gateway: Gateway) -> None:
    async with gateway(example("01-hello")) as running:
        assert len((await running.get("/pets")).json()) >= 1


async def test_hello_is_changed_by_saving_its_file(example: Example, gateway: Gateway) -> None:
    folder = example("01-hello")
    async with gateway(folder) as running:
        file = folder / "gloo.yaml"
        file.write_text(file.read_text().replace("path_prefix: /}", "path_prefix: /pets}"))
        answer = await _once(lambda: running.get("/healthz"), lambda answer: answer.status_code == 404)
        assert answer.json()["error"]["reason"] == "no_route"
        assert (await running.get("/pets")).status_code == 200


async def test_petstore_finds_the_same_pet_by_five_places_of_a_request(example: Example, gateway: Gateway) -> None:
    async with gateway(example("02-petstore")) as running:
        answers = (
            await running.get("/by-path/1"),
            await running.get("/by-header", headers={"x-pet-id": "1"}),
            await running.get("/by-query?pet=1"),
            await running.get("/by-cookie", headers={"cookie": "pet=1"}),
            await running.request("POST", "/by-body", json={"id": 1}),
        )
        assert [answer.status_code for answer in answers] == [200] * 5
        assert {answer.json()["id"] for answer in answers} == {1}


async def test_petstore_keeps_a_value_a_value(example: Example, gateway: Gateway) -> None:
    name = 'x", "status": "sold'
    async with gateway(example("02-petstore")) as running:
        answer = await running.request("POST", "/add", json={"name": name})
        assert (answer.json()["name"], answer.json()["status"]) == (name, "available")


async def test_petstore_names_what_is_missing(example: Example, gateway: Gateway) -> None:
    async with gateway(example("02-petstore")) as running:
        answer = await running.get("/by-query")
        assert answer.status_code == 400
        assert "id" in answer.text


async def test_my_app_calls_a_function_and_passes_on_the_rest(example: Example, gateway: Gateway) -> None:
    async with gateway(example("03-seed-kubernetes")) as running:
        assert (await running.get("/users/1")).json()["id"] == 1
        assert (await running.get("/pets")).status_code == 200


async def test_route_extensions_do_what_their_page_shows(example: Example, gateway: Gateway) -> None:
    page = {"access-control-request-method": "GET"}
    async with gateway(example("04-route-extensions")) as running:
        assert (await running.get("/robots.txt")).text.startswith("User-agent")
        assert (await running.get("/animals/1?a=b")).headers["location"] == f"{running.url}/pets/1?a=b"
        pet = await running.get("/pets/1")
        assert (pet.headers["x-discount"], pet.headers["x-team"]) == ("5%", "pets")
        assert pet.headers["set-cookie"].startswith("session=")
        for origin, allowed in (("https://shop.example.org", True), ("https://evil.example.net", False)):
            answer = await running.request("OPTIONS", "/pets", headers={**page, "origin": origin})
            assert ("access-control-allow-origin" in answer.headers) is allowed
        assert (await running.request("POST", "/pets", content=b" " * 2000)).status_code == 413
        assert (await running.get("/v1/animal/1")).json()["id"] == 1
        assert (await running.get("/chaos")).status_code == 503


async def test_upstream_options_send_nothing_to_the_dead_host(example: Example, gateway: Gateway) -> None:
    async with gateway(example("05-upstream-options")) as running:
        await _once(lambda: running.get("/pets"), lambda answer: answer.status_code == 200)
        assert {(await running.get("/pets")).status_code for _ in range(8)} == {200}


async def _once(
    ask: Callable[[], Awaitable[httpx.Response]], holds: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Ask until the answer holds; edits are live within a second, a busy machine gets ten."""
    async with asyncio.timeout(10):
        while True:
            answer = await ask()
            if holds(answer):
                return answer
