"""One worker process as the gateway sees it."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.support.local_functions import worker_of, write_functions

from gloo.local_functions.process import started


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """Return a bound socket that does not listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        bound.bind(str(tmp_path / "s"))
        yield bound


async def test_a_process_reports_relays_what_it_prints_and_ends_when_told(
    tmp_path: Path, listener: socket.socket
) -> None:
    folder = write_functions(tmp_path / "config", "print('hello')\n", f="lambda")
    with capture_logs() as logs:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            process = await started(worker_of(f="lambda"), folder, listener, group)
            assert process.is_running
            assert [finding.function for finding in process.report.findings] == ["f"]
            await process.stop()
            assert not process.is_running
    assert ("hello", "local") in [(log["event"], log.get("upstream")) for log in logs]


async def test_a_process_has_the_users_variables_but_not_the_way_into_vault(
    tmp_path: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GLOO_VAULT_TOKEN", "VAULT_TOKEN", "SHOP_KEY"):
        monkeypatch.setenv(name, "canary")
    code = "import os\nprint(sorted(name for name, value in os.environ.items() if value == 'canary'))\n"
    folder = write_functions(tmp_path / "config", code)
    with capture_logs() as logs:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            process = await started(worker_of(), folder, listener, group)
            await process.stop()
    assert "['SHOP_KEY']" in [log["event"] for log in logs]


async def test_a_file_that_ends_its_process_is_reported(tmp_path: Path, listener: socket.socket) -> None:
    folder = write_functions(tmp_path / "config", "import os\nos._exit(3)\n", f="lambda")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        process = await started(worker_of(f="lambda"), folder, listener, group)
        assert not process.report.loaded
        (finding,) = process.report.findings
        assert finding.problem == "code.py ends its process while it is loaded, with status 3"
        await process.stop()


async def test_a_process_that_does_not_end_is_killed(tmp_path: Path, listener: socket.socket) -> None:
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    folder = write_functions(tmp_path / "config", code)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        process = await started(worker_of(), folder, listener, group)
        await process.stop(within=0.1)
        assert await process.wait() < 0
