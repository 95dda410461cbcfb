"""Clients of every kind pass through unharmed, and weights are kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import httpx
import pytest
from tests.e2e.conftest import Gateway
from tests.support.gateway import RunningGateway
from tests.support.raw_client import behind_head
from tests.support.trailers import answered

ANSWERING = """
upstreams:
- name: itself
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  service_info: {{type: REST}}
  functions:
  - {{name: a, spec: {{path: /answer/a}}}}
  - {{name: posted, spec: {{path: /answer/a, headers: {{":method": "{{{{ default(as, 'POST') }}}}"}}}}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_exact: /split}}
    multiple_destinations:
    - {{weight: 70, function: {{upstream_name: itself, function_name: a}}}}
    - {{weight: 30, upstream: {{name: itself}}}}
    prefix_rewrite: /answer/b
  - request_matcher: {{path_exact: /posted}}
    single_destination: {{function: {{upstream_name: itself, function_name: posted}}}}
    extensions: {{parameters: {{query: {{as: "{{as}}"}}}}}}
  - request_matcher: {{path_exact: /answer/a}}
    extensions: {{direct_response: {{status: 200, body: a}}}}
  - request_matcher: {{path_exact: /answer/b}}
    extensions: {{direct_response: {{status: 200, body: b}}}}
"""
GRPC_FRAME = b"\x00\x00\x00\x00\x02hi"
GRPC = """
upstreams:
- name: echo
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  http2: true
  service_info: {{type: REST}}
  functions:
  - {{name: new, spec: {{response: {{body: new}}}}}}
  - {{name: marked, spec: {{response: {{headers: {{x-a: b}}}}}}}}
  - {{name: failing, spec: {{response: {{body: "{{{{ id }}}}"}}}}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_exact: /new}}
    single_destination: {{function: {{upstream_name: echo, function_name: new}}}}
  - request_matcher: {{path_exact: /marked}}
    single_destination: {{function: {{upstream_name: echo, function_name: marked}}}}
  - request_matcher: {{path_exact: /failing}}
    single_destination: {{function: {{upstream_name: echo, function_name: failing}}}}
  - request_matcher: {{path_prefix: /}}
    single_destination: {{upstream: {{name: echo}}}}
"""


async def written(running: RunningGateway, text: str, path: str) -> None:
    """Put *text* into the folder of a running gateway and wait until *path* is answered."""
    (running.folder / "gloo.yaml").write_text(text)
    async with asyncio.timeout(10):
        while (await running.get(path)).status_code != 200:  # noqa: ASYNC110 - an edit sends no event
            await asyncio.sleep(0.02)


def port_of(running: RunningGateway) -> int:
    return int(running.url.rpartition(":")[2])


async def test_a_head_stays_one_whatever_method_a_function_makes(tmp_path: Path, gateway: Gateway) -> None:
    async with gateway(tmp_path) as running:
        await written(running, ANSWERING.format(port=port_of(running)), "/posted")
        for path in ("/posted", "/posted?as=GET"):
            status, rest = await behind_head(port_of(running), path)
            assert (status, rest[:13]) == (200, b"HTTP/1.1 404 ")


async def test_ten_thousand_requests_keep_the_weights_of_a_function_and_an_upstream(
    tmp_path: Path, gateway: Gateway
) -> None:
    folder = tmp_path / "split"
    folder.mkdir()
    async with gateway(folder) as running:
        await written(running, ANSWERING.format(port=port_of(running)), "/split")
        counts: Counter[str] = Counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(_ask(port_of(running), 1250, counts))

    assert set(counts) == {"a", "b"}
    assert abs(counts["a"] - 7000) <= 200


async def _ask(port: int, times: int, counts: Counter[str]) -> None:
    """Ask */split* so many times on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(b"GET /split HTTP/1.1\r\nhost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        counts[(await reader.readexactly(1)).decode()] += 1
    writer.close()


async def test_a_client_of_http_1_0_is_answered(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    async with gateway(folder) as running:
        await written(running, ANSWERING.format(port=port_of(running)), "/answer/a")
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(running))
        writer.write(b"GET /answer/a HTTP/1.0\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert b" 200 " in answer.splitlines()[0]
    assert answer.endswith(b"\r\n\r\na")


async def test_a_client_of_http_2_in_the_clear_is_answered_on_one_connection(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "h2c"
    folder.mkdir()
    async with gateway(folder) as running:
        await written(running, ANSWERING.format(port=port_of(running)), "/answer/a")
        async with httpx.AsyncClient(http1=False, http2=True, base_url=running.url, trust_env=False) as client:
            answers = await asyncio.gather(*(client.get("/split") for _ in range(100)))

    assert {(answer.http_version, answer.status_code) for answer in answers} == {("HTTP/2", 200)}


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Run a gRPC server that sends everything back, streams too; yield its port."""

    async def echo(requests: AsyncIterator[bytes], context: object) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    class Echo(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no type stubs
        def service(self, call: object) -> object:
            return grpc.stream_stream_rpc_method_handler(echo)

    server = grpc.aio.server(handlers=(Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


async def test_a_grpc_stream_goes_both_ways_with_its_trailers(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "grpc"
    folder.mkdir()
    async with echo_server() as port:
        (folder / "gloo.yaml").write_text(GRPC.format(port=port))
        async with gateway(folder) as running, grpc.aio.insecure_channel(f"127.0.0.1:{port_of(running)}") as channel:
            call = channel.stream_stream("/any.Service/Any")()
            for number in range(10):
                await call.write(b"%d" % number)
                assert await call.read() == b"%d" % number
            await call.done_writing()
            assert await call.read() == grpc.aio.EOF
            assert await call.code() == grpc.StatusCode.OK


@pytest.mark.parametrize(
    ("path", "status", "content", "trailers"),
    [
        ("/marked", 200, GRPC_FRAME, {"grpc-status": "0", "grpc-message": ""}),
        ("/new", 200, b"new", {}),
        ("/failing", 502, b"", {}),
    ],
)
async def test_trailers_go_with_the_body_that_they_belong_to(
    tmp_path: Path, gateway: Gateway, path: str, status: int, content: bytes, trailers: Mapping[str, str]
) -> None:
    async with echo_server() as port:
        (tmp_path / "gloo.yaml").write_text(GRPC.format(port=port))
        async with gateway(tmp_path) as running:
            call = {":path": path, "content-type": "application/grpc", "te": "trailers"}
            answer = await asyncio.to_thread(answered, port_of(running), call, GRPC_FRAME)
    assert (answer[0], answer[2]) == (status, trailers)
    assert answer[1].startswith(content)
