"""The example of discovery does what its page says."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import EXAMPLES, Gateway
from tests.support.gateway import RunningGateway

NAME = "22-discovery"


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    """Return the file that names the functions of the stand-in."""
    file = tmp_path / "functions.txt"
    file.write_text((EXAMPLES / NAME / "functions.txt").read_text())
    return file


@pytest.fixture
async def folder(tmp_path: Path, functions: Path) -> AsyncIterator[Path]:
    """Return the example's configuration, with its stand-in at work and asked every second."""
    script = str(EXAMPLES / NAME / "faas.py")
    process = await asyncio.create_subprocess_exec(sys.executable, script, "0", str(functions), stdout=PIPE)
    try:
        assert process.stdout is not None
        port = (await process.stdout.readline()).decode().strip()
        config = (EXAMPLES / NAME / "config" / "gloo.yaml").read_text()
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "gloo.yaml").write_text(config.replace("9022", port).replace("every: 10s", "every: 1s"))
        yield tmp_path / "config"
    finally:
        process.terminate()
        await process.wait()


async def gloo(*arguments: str | Path) -> str:
    """Run the command as a user does, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLOO_")}
    program = Path(sys.executable).with_name("gloo")
    process = await asyncio.create_subprocess_exec(program, *map(str, arguments), stdout=PIPE, env=environment)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()


async def once(running: RunningGateway, path: str, status: int) -> httpx.Response:
    """Ask until the answer has *status*, twenty seconds at most."""
    async with asyncio.timeout(20):
        while (answer := await running.get(path)).status_code != status:  # noqa: ASYNC110 - edits send no event here
            await asyncio.sleep(0.05)
    return answer


async def test_functions_are_found_called_and_lost_as_the_page_says(
    folder: Path, functions: Path, gateway: Gateway
) -> None:
    async with gateway(folder) as running:
        assert (await running.get("/hello")).json() == {"function": "greet", "path": "/hello"}
        for function in ("resize", "mail"):
            await gloo(
                "route",
                "add",
                "--path-prefix",
                f"/{function}",
                "--function",
                f"faas/{function}",
                "--at",
                "0",
                "-d",
                folder,
            )
        assert (await once(running, "/resize/cat.png", 200)).json()["function"] == "resize"
        listed = (await gloo("functions", "-d", folder)).splitlines()
        assert [line.split()[:3] for line in listed[1:]] == [
            ["faas/hello", "openfaas", "written"],
            ["faas/greet", "openfaas", "discovered"],
            ["faas/resize", "openfaas", "discovered"],
        ]
        assert "x-gloo-error" in (await running.get("/mail")).headers

        functions.write_text("greet\nresize\nmail\n")  # noqa: ASYNC240 - a line of text
        assert (await once(running, "/mail", 200)).json()["function"] == "mail"
        functions.write_text("greet\nresize\n")  # noqa: ASYNC240
        assert "x-gloo-error" in (await once(running, "/mail", 500)).headers

        await gloo("discover", "--write", "-d", folder)
        text = (folder / "gloo.yaml").read_text()
        assert "# ours; what is discovered stands beside it" in text
        assert "- name: resize" in text
        assert (await once(running, "/resize/cat.png", 200)).status_code == 200


LOCAL = """\
upstreams:
- {name: shop, type: local, spec: {module: shop.py}, discovery: {functions: true, every: 1s}}
virtual_services:
- name: default
  routes:
  - request_matcher: {path_prefix: /price}
    single_destination: {function: {upstream_name: shop, function_name: price}}
  - request_matcher: {path_prefix: /greet}
    single_destination: {function: {upstream_name: shop, function_name: greet}}
"""
PRICE = "def price(event, context):\n    return {'price': 7}\n"
GREET = "def greet(request):\n    return 'hello ' + request.args['name']\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "gloo.yaml").write_text(LOCAL)
    (tmp_path / "config" / "shop.py").write_text(PRICE)
    return tmp_path / "config"


async def test_a_function_that_is_written_in_python_needs_no_word_elsewhere(shop: Path, gateway: Gateway) -> None:
    async with gateway(shop) as running:
        assert (await once(running, "/price", 200)).json() == {"price": 7}
        assert "x-gloo-error" in (await running.get("/greet?name=you")).headers
        (shop / "shop.py").write_text(PRICE + GREET)
        assert (await once(running, "/greet?name=you", 200)).text == "hello you"
