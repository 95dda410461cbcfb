import asyncio
import socket
import sys
from asyncio.subprocess import PIPE

import httpx
import pytest
from tests.proxy.waiting import until

from gloo.demo.child import running_petstore
from gloo.errors import ProxyError


async def test_it_answers_during_the_block_and_is_gone_afterwards() -> None:
    async with httpx.AsyncClient() as client:
        async with running_petstore() as port:
            assert (await client.get(f"http://127.0.0.1:{port}/pets/1")).json()["name"] == "Rex"
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/pets/1")


async def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ProxyError, match=rf"did not start: port {port} is taken by .*--port {port + 1}"):
            async with running_petstore(port):
                pass


RUN = """
import asyncio
from gloo.demo.child import running_petstore

async def main():
    async with running_petstore() as port:
        print(port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_it_dies_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, stdout=PIPE)
    assert parent.stdout is not None
    port = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await until(lambda: refuses(port))


async def refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False
