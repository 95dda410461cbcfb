"""What a client gets where no upstream answers: JSON, the reason in `x-gloo-error`, and nothing of the upstream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.e2e.conftest import Gateway
from tests.support.ports import free_port

CONFIG = """
upstreams:
- {{name: gone, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: {gone}}}]}}}}
- {{name: rude, type: service, spec: {{hosts: [{{addr: 127.0.0.1, port: {rude}}}]}}}}
- name: full
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {gone}}}]}}
  circuit_breakers: {{max_pending_requests: 0, max_connections: 1}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_exact: /gone}}
    single_destination: {{upstream: {{name: gone}}}}
  - request_matcher: {{path_exact: /tried}}
    single_destination: {{upstream: {{name: gone}}}}
    extensions: {{max_retries: 2}}
  - request_matcher: {{path_exact: /rude}}
    single_destination: {{upstream: {{name: rude}}}}
  - request_matcher: {{path_exact: /full}}
    single_destination: {{upstream: {{name: full}}}}
  - request_matcher: {{path_exact: /broken}}
    single_destination: {{upstream: {{name: gone}}}}
    extensions: {{faults: {{abort: {{percentage: 100, http_status: 429}}}}}}
"""


@asynccontextmanager
async def hanging_up() -> AsyncIterator[int]:
    """Run a server that reads a request and ends the connection."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_the_answer_says_why_and_not_where(tmp_path: Path, gateway: Gateway) -> None:
    gone = free_port()
    expected = {
        "/gone": (503, "upstream_unreachable"),
        "/tried": (503, "upstream_unreachable"),
        "/rude": (503, "upstream_reset"),
        "/full": (503, "upstream_overloaded"),
        "/broken": (429, "fault_injected"),
    }
    (tmp_path / "config").mkdir()
    async with hanging_up() as rude:
        (tmp_path / "config" / "gloo.yaml").write_text(CONFIG.format(gone=gone, rude=rude))
        async with gateway(tmp_path / "config") as running:
            for path, (status, reason) in expected.items():
                answer = await running.get(path)
                assert (answer.status_code, answer.headers["x-gloo-error"]) == (status, reason), path
                assert answer.headers["content-type"] == "application/json"
                error = answer.json()["error"]
                assert (error["status"], error["reason"]) == (status, reason)
                assert "127.0.0.1" not in answer.text


async def test_a_grpc_web_client_gets_what_any_page_gets(tmp_path: Path, gateway: Gateway) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gloo.yaml").write_text(CONFIG.format(gone=free_port(), rude=free_port()))
    async with gateway(tmp_path / "config") as running:
        answer = await running.request("POST", "/gone", headers={"content-type": "application/grpc-web+proto"})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "upstream_unreachable")


@pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc+proto"])
async def test_a_grpc_client_gets_a_line_of_text(tmp_path: Path, gateway: Gateway, content_type: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gloo.yaml").write_text(CONFIG.format(gone=free_port(), rude=free_port()))
    async with gateway(tmp_path / "config") as running:
        answer = await running.request("POST", "/gone", headers={"content-type": content_type})
    assert answer.headers["grpc-status"] == "14"
    assert answer.headers["grpc-message"].startswith("upstream connect error")
