from collections.abc import AsyncIterator

import httpx
import pytest

from gloo.demo.api import application


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://petstore") as client:
        yield client


async def test_a_pet_lives_from_its_creation_to_its_removal(client: httpx.AsyncClient) -> None:
    created = await client.post("/pets", json={"name": "Bello"})
    assert created.status_code == 201
    where = created.headers["location"]
    assert (await client.get(where)).json() == {"id": 5, "name": "Bello", "status": "available"}
    changed = await client.put(where, json={"name": "Bello", "status": "sold"})
    assert changed.json() == {"id": 5, "name": "Bello", "status": "sold"}
    assert (await client.delete(where)).status_code == 204
    gone = await client.get(where)
    assert (gone.status_code, gone.json()) == (404, {"error": "there is no pet 5"})


async def test_there_are_pets_from_the_start_and_the_list_can_be_narrowed(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/pets")).json()) == 4
    assert len((await client.get("/pets?limit=2")).json()) == 2
    assert [pet["status"] for pet in (await client.get("/pets?status=pending")).json()] == ["pending"]


@pytest.mark.parametrize("wanted", [2, "2"])
async def test_a_pet_can_be_found_by_a_body_with_its_id_as_number_or_text(
    client: httpx.AsyncClient, wanted: int | str
) -> None:
    assert (await client.post("/find", json={"id": wanted})).json()["name"] == "Tom"


async def test_a_body_with_more_than_was_asked_is_refused_and_shown(client: httpx.AsyncClient) -> None:
    answer = await client.post("/find", json={"id": 1, "admin": "x"})
    assert answer.status_code == 422
    assert "unknown field `admin`" in answer.json()["error"]
    assert answer.json()["got"] == '{"id":1,"admin":"x"}'


@pytest.mark.parametrize("value", ['1","admin":"x', "../../admin", "1\n2", "-1", "", "٣", "9" * 30])
async def test_an_id_that_is_no_number_is_refused_and_shown_as_it_arrived(
    client: httpx.AsyncClient, value: str
) -> None:
    answer = await client.get(f"/pets/{''.join(f'%{byte:02X}' for byte in value.encode())}")
    assert answer.status_code == 422
    assert answer.json() == {"error": "id must be a whole number"} | ({"got": value} if value else {})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/pets?limit=0", ""),
        ("GET", "/pets?limit=many", ""),
        ("GET", "/pets?status=lost", ""),
        ("POST", "/pets", "{"),
        ("POST", "/pets", '{"name": ""}'),
        ("POST", "/pets", '{"name": "x", "status": "lost"}'),
        ("PUT", "/pets/1", "[]"),
        ("POST", "/find", ""),
    ],
)
async def test_what_is_wrong_is_a_422_in_json(client: httpx.AsyncClient, method: str, path: str, body: str) -> None:
    answer = await client.request(method, path, content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


async def test_a_path_or_method_that_is_not_served_is_an_error_in_json_too(client: httpx.AsyncClient) -> None:
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()) == (404, {"error": "Not Found"})
    assert (await client.delete("/pets")).json() == {"error": "Method Not Allowed"}


async def test_the_openapi_document_names_the_server_it_came_from(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json()["servers"] == [{"url": "http://petstore"}]


async def test_it_says_that_it_is_well(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
