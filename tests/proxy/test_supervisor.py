import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from tests.proxy.conftest import static_bootstrap
from tests.proxy.waiting import is_dead, until

from gloo.errors import ProxyError
from gloo.proxy.admin import Admin
from gloo.proxy.launch import Launch
from gloo.proxy.supervisor import Envoy, Patience


async def test_a_killed_envoy_is_back_within_two_seconds(launch: Launch, admin: Admin, free_port: int) -> None:
    async with Envoy(launch, admin).running() as envoy, httpx.AsyncClient() as client:
        await envoy.wait_ready()
        first = envoy.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        killed = time.monotonic()
        await until(lambda: envoy.restarts == 1)
        await envoy.wait_ready()
        answer = await client.get(f"http://127.0.0.1:{free_port}/")
        assert time.monotonic() - killed < 2
        assert answer.text == "hello"
        assert envoy.pid != first


async def test_requests_under_way_are_answered_before_it_stops(launch: Launch, admin: Admin, free_port: int) -> None:
    async with httpx.AsyncClient() as client:
        async with Envoy(launch, admin).running() as envoy:
            await envoy.wait_ready()
            slow = asyncio.create_task(client.get(f"http://127.0.0.1:{free_port}/slow"))
            await until(lambda: busy(admin))
        answer = await slow
    assert answer.text == "hello"
    assert answer.headers["connection"] == "close"


async def busy(admin: Admin) -> bool:
    return not await admin.idle()


async def test_an_idle_envoy_stops_at_once(launch: Launch, admin: Admin) -> None:
    async with Envoy(launch, admin).running() as envoy:
        await envoy.wait_ready()
        pid = envoy.pid
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 1
    assert pid is not None
    assert is_dead(pid)


async def test_the_wait_for_requests_has_an_end(launch: Launch, admin: Admin, free_port: int) -> None:
    patience = Patience(drain=0.1)
    with capture_logs() as logs:
        async with httpx.AsyncClient() as client, Envoy(launch, admin, patience=patience).running() as envoy:
            await envoy.wait_ready()
            slow = asyncio.create_task(client.get(f"http://127.0.0.1:{free_port}/endless"))
            await until(lambda: busy(admin))
    assert "requests are still under way, stopping Envoy" in [log["event"] for log in logs]
    with pytest.raises(httpx.HTTPError):
        await slow


async def test_a_second_cancellation_kills_at_once(launch: Launch, admin: Admin, free_port: int) -> None:
    async with httpx.AsyncClient() as client:
        envoy = Envoy(launch, admin)
        run = asyncio.create_task(envoy.run())
        await envoy.wait_ready()
        pid = envoy.pid
        slow = asyncio.create_task(client.get(f"http://127.0.0.1:{free_port}/endless"))
        await until(lambda: busy(admin))
        run.cancel()
        await until(lambda: draining(admin))
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert pid is not None
        assert is_dead(pid)
        with pytest.raises(httpx.HTTPError):
            await slow


async def draining(admin: Admin) -> bool:
    return await admin.state() == "DRAINING"


async def test_an_envoy_that_does_not_listen_to_sigterm_is_killed(launch: Launch, admin: Admin) -> None:
    async with Envoy(launch, Admin(admin.socket, patience=0.1), patience=Patience(stop=0.1)).running() as envoy:
        await envoy.wait_ready()
        pid = envoy.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
    assert is_dead(pid)


async def test_a_wrong_bootstrap_ends_the_run_and_says_why(launch_of: Callable[[str], Launch], admin: Admin) -> None:
    with pytest.raises(ProxyError, match=r"ended with status 1 before it was ready: .*no_such_field"):
        async with Envoy(launch_of('{"no_such_field": 1}'), admin).running() as envoy:
            await envoy.wait_ready()


async def test_an_error_in_the_block_comes_out_as_itself(launch: Launch, admin: Admin) -> None:
    with pytest.raises(LookupError):
        async with Envoy(launch, admin).running():
            raise LookupError


async def test_who_waits_too_long_for_readiness_is_told_the_state(launch: Launch) -> None:
    with pytest.raises(ProxyError, match=r"not ready after 0\.05 s \(no answer from its admin API\)"):
        async with Envoy(launch, Admin(launch.folder / "elsewhere.sock")).running() as envoy:
            await envoy.wait_ready(0.05)


async def test_envoys_log_lines_are_in_ours(launch: Launch, admin: Admin) -> None:
    with capture_logs() as logs:
        async with Envoy(launch, admin).running() as envoy:
            await envoy.wait_ready()
    assert {"event": "caught ENVOY_SIGTERM", "component": "main", "log_level": "info"} in logs


def test_restarts_wait_twice_as_long_each_time_up_to_ten_seconds() -> None:
    waits = [Patience().before_restart(crashes) for crashes in range(1, 10)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert Patience().before_restart(10_000) == 10.0


RUN = """
import asyncio, sys
from pathlib import Path
from gloo.proxy.admin import Admin
from gloo.proxy.launch import Launch
from gloo.proxy.supervisor import Envoy

async def main(binary, folder, bootstrap):
    launch = Launch(binary=Path(binary), bootstrap=bootstrap, folder=Path(folder), concurrency=1)
    async with Envoy(launch, Admin(Path(folder, "admin.sock"))).running() as envoy:
        await envoy.wait_ready()
        print(envoy.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_envoy_is_gone_when_we_are_killed(binary: Path, folder: Path, free_port: int) -> None:
    bootstrap = static_bootstrap(folder / "admin.sock", free_port)
    arguments = ("-c", RUN, str(binary), str(folder), bootstrap)
    parent = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
    assert parent.stdout is not None
    while not (line := await parent.stdout.readline()).strip().isdigit():
        assert line, "it ended before Envoy was ready"
    parent.kill()
    await parent.wait()
    await until(lambda: is_dead(int(line)))
