"""A gateway as its user meets it: faults beside good objects, kills, restarts."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from tests.e2e.conftest import Gateway
from tests.support.gateway import RunningGateway
from tests.support.ports import free_ports

from gloo.control_plane.state import read_statuses

Example = Callable[[str], Path]
BAD_ROUTES = """
name: faults
domains: [faults.example.org]
routes:
- request_matcher: {path_prefx: /typo}
  single_destination: {upstream: {name: petstore}}
- request_matcher: {path_prefix: /missing}
  single_destination: {upstream: {name: nobody}}
- request_matcher: {path_regex: "/regex/(a"}
  single_destination: {upstream: {name: petstore}}
- request_matcher: {path_prefix: /strange}
  single_destination: {upstream: {name: strange}}
- request_matcher: {path_prefix: /}
  single_destination: {upstream: {name: petstore}}
"""


EDITED_ROUTE = """  - request_matcher: {{path_exact: /edit-{}}}
    extensions: {{direct_response: {{status: 204}}}}
"""


async def once(ask: Callable[[], Awaitable[httpx.Response]], wanted: int, within: float = 10) -> httpx.Response:
    """Ask until the status is the wanted one."""
    async with asyncio.timeout(within):
        while True:
            try:
                if (answer := await ask()).status_code == wanted:
                    return answer
            except httpx.TransportError:
                pass  # nothing listens for a moment
            await asyncio.sleep(0.02)


async def command(*words: str) -> tuple[int, str]:
    """Run the command gloo; return its status and what it prints."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("gloo"), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds*, ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what it waits for sends no event
            await asyncio.sleep(0.02)


def envoy_of(running: RunningGateway) -> int:
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "envoy")


async def test_bad_routes_answer_500_with_a_reference_that_get_explains_and_the_good_one_serves(
    example: Example, gateway: Gateway
) -> None:
    folder = example("02-petstore")
    (folder / "virtual_services" / "faults.yaml").write_text(BAD_ROUTES)
    (folder / "upstreams" / "strange.yaml").write_text("name: strange\ntype: servize\n")
    host = {"host": "faults.example.org"}
    async with gateway(folder) as running:
        for path in ("/typo", "/missing/x", "/regex/abc", "/strange"):
            answer = await running.get(path, headers=host)
            assert answer.status_code == 500
            _, said = await command("get", "problem", answer.headers["x-gloo-error"], "--dir", str(folder))
            assert "virtual_services/faults.yaml:" in said
        assert (await running.get("/pets", headers=host)).status_code == 200

    status, said = await command("check", str(folder))
    assert status == 1
    places = [line.split(": ")[0].removeprefix(f"{folder}/") for line in said.splitlines() if ".yaml:" in line]
    assert places == [
        "upstreams/strange.yaml:2",
        *(f"virtual_services/faults.yaml:{line}" for line in (5, 8, 9, 12)),
    ]


async def test_edits_are_live_without_a_failed_request(example: Example, gateway: Gateway) -> None:
    folder = example("01-hello")
    file = folder / "gloo.yaml"
    text = file.read_text()
    async with gateway(folder) as running:
        statuses: list[int] = []

        async def ask() -> None:
            async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
                while len(statuses) < 60 or not done.is_set():
                    statuses.append((await client.get("/pets")).status_code)
                    await asyncio.sleep(0.01)

        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            for number in range(20):
                file.write_text(text.replace("routes:\n", "routes:\n" + EDITED_ROUTE.format(number), 1))
                await once(lambda number=number: running.get(f"/edit-{number}"), 204)  # type: ignore[misc]  # bound at once
            done.set()

    assert set(statuses) == {200}


async def test_a_killed_envoy_is_back_within_two_seconds(example: Example, gateway: Gateway) -> None:
    async with gateway(example("01-hello")) as running:
        before = envoy_of(running)
        os.kill(before, signal.SIGKILL)

        await once(lambda: running.get("/pets"), 200, within=2)
        assert envoy_of(running) != before


async def test_a_killed_gateway_leaves_no_envoy_and_the_next_one_serves_what_a_broken_file_held(
    example: Example, gateway: Gateway
) -> None:
    folder = example("01-hello")
    async with gateway(folder) as running:
        envoy = envoy_of(running)
        await _recorded(folder)
        running.process.kill()
        await running.process.wait()
        await until(lambda: not Path(f"/proc/{envoy}").exists())

    (folder / "gloo.yaml").write_text("upstreams: [")
    async with gateway(folder) as running:
        assert (await running.get("/pets")).status_code == 200


async def _recorded(folder: Path) -> None:
    """Wait until the verdicts, and with them the good documents, are written."""
    await until(lambda: len(read_statuses(folder / ".gloo").statuses) == 2)


async def test_a_second_gateway_on_the_same_port_says_who_has_it(example: Example, gateway: Gateway) -> None:
    async with gateway(example("01-hello")) as running:
        port = running.url.rpartition(":")[2]
        other = running.folder.parent / "other"
        other.mkdir()
        options = ("--bind", "127.0.0.1", "--http-port", port, "--https-port", str(free_ports(1)[0]))
        status, said = await command("run", str(other), *options)

    assert status == 1
    assert f"port {port} is taken by envoy" in said
    assert "--http-port" in said


async def test_a_gateway_ends_when_asked_though_its_envoy_never_gets_ready(tmp_path: Path) -> None:
    folder, stuck = tmp_path / "shop", tmp_path / "envoy"
    folder.mkdir()
    stuck.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexec sleep 60\n")
    stuck.chmod(0o755)
    http, https = free_ports(2)
    ports = ("--bind", "127.0.0.1", "--http-port", str(http), "--https-port", str(https))
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("gloo"), "run", str(folder), *ports, "--envoy", str(stuck)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until((tmp_path / "started").exists)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
