"""gloo demo, with the real Envoy: from nothing to an answer, and away again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.support.ports import free_ports

PATIENCE = 20.0


def two_ports() -> tuple[str, str]:
    one, two = free_ports(2)
    return str(one), str(two)


def command(folder: Path, ports: tuple[str, str]) -> list[str]:
    code = "from gloo.cli import main; main()"
    flags = ["--dir", str(folder), "--http-port", ports[0], "--https-port", ports[1], "--concurrency", "1"]
    return [sys.executable, "-c", code, "demo", *flags]


@contextmanager
def demo(folder: Path, ports: tuple[str, str]) -> Iterator[subprocess.Popen[str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GLOO_")}
    process = subprocess.Popen(
        command(folder, ports), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    )
    with process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        finally:
            if process.poll() is None:
                process.kill()


def answer(url: str, expected: int = 200) -> httpx.Response:
    """Ask until the answer has the status *expected*."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            response = httpx.get(url, timeout=5)
            if response.status_code == expected:
                return response
        except httpx.TransportError:
            pass
        assert time.monotonic() < ends, f"{url} does not answer {expected}"
        time.sleep(0.02)


def welcome(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while not (lines and lines[-1].startswith("Edit ")):
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
    return "".join(lines)


def test_the_printed_commands_work_and_an_edit_changes_the_answer(tmp_path: Path) -> None:
    folder, ports = tmp_path / "demo", two_ports()
    with demo(folder, ports) as process:
        said = welcome(process)
        curls = re.findall(r"^  (curl .*)$", said, re.MULTILINE)
        assert len(curls) == 3
        results = [
            subprocess.run(
                ["bash", "-c", f"{each} -sS --fail-with-body"], capture_output=True, text=True, timeout=10, check=True
            )
            for each in curls
        ]
        assert json.loads(results[0].stdout) == {"id": 1, "name": "Rex", "status": "available"}
        assert json.loads(results[1].stdout)["name"] == 'Momo "the cat"'
        assert results[2].stdout.startswith("HTTP/1.1 200")
        routes = folder / "virtual_services/default.yaml"
        routes.write_text(routes.read_text().replace("/pet/", "/animal/"))
        base = f"http://localhost:{ports[0]}"
        assert answer(f"{base}/animal/2").json()["name"] == "Tom"
        answer(f"{base}/pet/2", 404)
        refused = subprocess.run(
            command(tmp_path / "second", ports), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert refused.returncode == 1
        assert f"port {ports[0]} is taken by envoy" in refused.stderr
        assert "--http-port" in refused.stderr


def test_the_demo_of_yesterday_runs_again_as_its_user_left_it(tmp_path: Path) -> None:
    folder, ports = tmp_path / "demo", two_ports()
    with demo(folder, ports) as process:
        welcome(process)
    file = folder / "upstreams/petstore.yaml"
    port = int(re.findall(r"port: (\d+)", file.read_text())[0])
    file.write_text(file.read_text() + "# mine\n")
    with socket.create_server(("127.0.0.1", port)), demo(folder, ports) as process:
        assert f"http://127.0.0.1:{port}," not in welcome(process)
        assert answer(f"http://localhost:{ports[0]}/pet/1").json()["name"] == "Rex"
    assert file.read_text().endswith("# mine\n")
