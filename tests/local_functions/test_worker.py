"""The worker's program: order in, report out, and nothing served before it is wanted."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from gloo.local_functions.orders import FUNCTION_HEADER, FunctionOrder, Order, Report

CODE = """
import sys
print("printed:", sys.stdin.read() == "")
def f(event, context): return 7
"""


@contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        yield listener


@contextmanager
def worker(folder: Path, listener: socket.socket) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the program with the order to serve `f` of a file; standard error goes to a file."""
    file = folder / "shop.py"
    file.write_text(CODE)
    order = Order("a", str(file), (FunctionOrder("f", "f", "lambda"),), listener.fileno())
    command = (sys.executable, "-m", "gloo.local_functions.worker")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, pass_fds=(listener.fileno(),)
        ) as process,
    ):
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_reports_and_then_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    with bound(tmp_path / "s") as listener, worker(tmp_path, listener) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert msgspec.json.decode(process.stdout.readline(), type=Report) == Report(loaded=True)
        listener.listen()
        process.stdin.write(b"serve\n")
        process.stdin.flush()
        transport = httpx.HTTPTransport(uds=str(tmp_path / "s"))
        with httpx.Client(transport=transport, base_url="http://a", timeout=10) as client:
            assert client.get("/", headers={FUNCTION_HEADER: "f"}).json() == 7
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert "printed: True" in (tmp_path / "log").read_text()


def test_a_worker_that_is_not_wanted_ends_by_itself(tmp_path: Path) -> None:
    with bound(tmp_path / "s") as listener, worker(tmp_path, listener) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=10) == 0
