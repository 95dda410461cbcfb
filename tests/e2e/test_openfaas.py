"""Functions of OpenFaaS through a whole gateway, against a double of OpenFaaS's gateway."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.e2e.openfaas_double import OpenFaasDouble, openfaas_double

from gloo.control_plane.state import read_statuses

USER, PASSWORD = "admin", "canary-7d1f"


@pytest.fixture
async def faas() -> AsyncIterator[OpenFaasDouble]:
    """Return a running double with the functions of the example."""
    async with openfaas_double("resize", "report.finance", "done", user=USER, password=PASSWORD) as double:
        yield double


@pytest.fixture
def folder(tmp_path: Path, faas: OpenFaasDouble) -> Path:
    """Return the example's configuration, with the double where OpenFaaS would be."""
    config = (EXAMPLES / "11-openfaas" / "config" / "gloo.yaml").read_text()
    (tmp_path / "config" / "secrets").mkdir(parents=True)
    (tmp_path / "config" / "gloo.yaml").write_text(config.replace("http://127.0.0.1:8082", faas.url))
    write_secret(tmp_path / "config", PASSWORD)
    return tmp_path / "config"


def write_secret(folder: Path, password: str) -> None:
    (folder / "secrets" / "openfaas.yaml").write_text(f"username: {USER}\npassword: {password}\n")


async def test_a_call_passes_method_path_query_and_body_and_says_who_calls(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        mine = {"authorization": "Bearer of-the-client", "x-gloo-path": "=/system"}
        answer = await running.request("PUT", "/resize/big?w=1&h=2", content="picture", headers=mine)
        told = answer.json()
        assert (told["function"], told["path"], told["query"]) == ("resize", "/picture/big", "w=1&h=2")
        assert (told["method"], told["body"]) == ("PUT", "picture")
        assert "x-gloo-path" not in told["headers"]
        assert told["headers"]["authorization"].startswith("Basic ")


async def test_an_asynchronous_call_is_answered_202_and_its_answer_is_called_back(
    folder: Path, gateway: Gateway, faas: OpenFaasDouble
) -> None:
    async with gateway(folder) as running:
        answer = await running.request("POST", "/report", content="figures")
        assert (answer.status_code, answer.headers["x-call-id"]) == (202, "call-1")
        async with asyncio.timeout(10):
            while not faas.called_back:  # noqa: ASYNC110 - the double's own list
                await asyncio.sleep(0.02)
    (called,) = faas.called_back
    assert (called.request.url.path, called.request.headers["x-function-status"]) == ("/function/done", "200")


async def test_a_changed_secret_is_in_use_without_a_failed_request(
    folder: Path, gateway: Gateway, faas: OpenFaasDouble
) -> None:
    async with gateway(folder) as running:
        assert (await running.get("/resize")).status_code == 200
        write_secret(folder, "new-password")
        async with asyncio.timeout(10):
            while (await running.get("/resize")).status_code == 200:
                pass
        faas.password = "new-password"
        assert (await running.get("/resize")).status_code == 200


async def test_the_secret_shows_neither_in_the_log_nor_in_envoys_dump(folder: Path, gateway: Gateway) -> None:
    async with gateway(folder) as running:
        authorization = (await running.get("/resize")).json()["headers"]["authorization"].removeprefix("Basic ")
        recorded = read_statuses(folder / ".gloo").running
        assert recorded is not None
        transport = httpx.AsyncHTTPTransport(uds=recorded.admin)
        async with httpx.AsyncClient(transport=transport, base_url="http://envoy") as admin:
            dump = (await admin.get("/config_dump")).text
    assert "openfaas/faas" in dump
    for text in (dump, running.log.read_text()):
        assert PASSWORD not in text
        assert authorization not in text


async def test_a_secret_without_a_password_is_told_and_heals(folder: Path, gateway: Gateway) -> None:
    (folder / "secrets" / "openfaas.yaml").write_text(f"username: {USER}\n")
    async with gateway(folder) as running:
        assert (await running.get("/resize")).status_code == 500
        write_secret(folder, PASSWORD)
        async with asyncio.timeout(10):
            while (await running.get("/resize")).status_code != 200:
                pass
