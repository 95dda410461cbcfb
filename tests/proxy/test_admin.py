from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gloo.errors import ProxyError
from gloo.proxy.admin import Admin
from gloo.proxy.launch import Launch
from gloo.proxy.supervisor import Envoy


@pytest.fixture
async def envoy(launch: Launch, admin: Admin) -> AsyncIterator[Envoy]:
    async with Envoy(launch, admin).running() as envoy:
        await envoy.wait_ready()
        yield envoy


async def test_it_tells_that_envoy_is_live_and_when_it_drains(envoy: Envoy, admin: Admin) -> None:
    assert await admin.ready()
    await admin.drain()
    assert not await admin.ready()


@pytest.mark.usefixtures("envoy")
async def test_draining_asks_clients_to_leave_and_still_answers_new_ones(admin: Admin, free_port: int) -> None:
    async with httpx.AsyncClient() as client:
        before = await client.get(f"http://127.0.0.1:{free_port}/")
        await admin.drain()
        after = await client.get(f"http://127.0.0.1:{free_port}/")
        new = await client.get(f"http://127.0.0.1:{free_port}/")
    assert "connection" not in before.headers
    assert after.headers["connection"] == "close"
    assert new.status_code == 200


@pytest.mark.usefixtures("envoy")
async def test_statistics_come_by_prefix(admin: Admin, free_port: int) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{free_port}/")
    stats = await admin.stats("http.test.downstream_rq_")
    assert stats["http.test.downstream_rq_total"] == 1
    assert all(name.startswith("http.test.downstream_rq_") for name in stats)


@pytest.mark.usefixtures("envoy")
async def test_the_configuration_can_be_read_back(admin: Admin) -> None:
    assert "127.0.0.1" in str((await admin.config_dump())["configs"])


@pytest.mark.usefixtures("envoy")
async def test_the_admins_own_requests_do_not_keep_it_from_being_idle(admin: Admin) -> None:
    assert await admin.idle()


async def test_a_socket_without_envoy_is_not_ready_and_an_error_otherwise(tmp_path: Path) -> None:
    nobody = Admin(tmp_path / "nobody.sock")
    assert not await nobody.ready()
    with pytest.raises(ProxyError, match="does not answer GET /stats"):
        await nobody.stats()
