"""Clients that send bodies and never end them: Envoy keeps to its memory, says so, and gets it back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import Gateway
from tests.support.gateway import RunningGateway
from tests.support.recording_upstream import recording_upstream

CONFIG = """
upstreams:
- name: echo
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  service_info: {{type: REST}}
  functions: [{{name: count, spec: {{max_body: 1048576, body: '{{{{ length(body()) }}}}'}}}}]
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_prefix: /}}
    single_destination: {{function: {{upstream_name: echo, function_name: count}}}}
"""
BODY = b"x" * 900_000


@pytest.fixture
async def running(tmp_path: Path, gateway: Gateway) -> AsyncIterator[RunningGateway]:
    async with recording_upstream() as upstream:
        (tmp_path / "gloo.yaml").write_text(CONFIG.format(port=upstream.port))
        async with gateway(tmp_path, "--envoy-memory", "128MiB") as found:
            yield found


@asynccontextmanager
async def unfinished(running: RunningGateway, count: int) -> AsyncIterator[None]:
    """Hold *count* requests whose body lacks its end."""
    head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {len(BODY) + 1}\r\n\r\n".encode()
    async with AsyncExitStack() as opened:
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rpartition(":")[2]))
            opened.enter_context(closing(writer))
            writer.write(head + BODY)
        yield


async def test_what_there_is_no_memory_for_is_refused_until_slow_clients_have_had_their_time(
    running: RunningGateway,
) -> None:
    assert (await running.get("/")).status_code == 200
    async with unfinished(running, 200):
        refused = await _status_becomes(503, running)
        assert refused.json()["error"]["reason"] == refused.headers["x-gloo-error"] == "overloaded"
        await _status_becomes(200, running)


async def _status_becomes(status: int, running: RunningGateway) -> httpx.Response:
    end = time.monotonic() + 15
    while (response := await running.get("/")).status_code != status:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    return response
