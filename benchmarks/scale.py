"""How long a gateway takes from its start until thousands of virtual services are live, and what memory it keeps.

Each size is started several times; beside it stands the same start with one virtual service, so that what the
machine makes of starting two processes can be subtracted.

    python -m benchmarks.scale [--sizes 1000,5000,10000] [--rounds 3]
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import BenchmarkError, envoy_below, free_port
from benchmarks.tables import write_services

_PATIENCE = 120  # seconds for one start


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the ready line, and resident memory in MB."""

    seconds: float
    control_plane: int
    envoy: int


def main() -> int:
    """Print the table."""
    options = _parser().parse_args()
    sizes = [1, *(int(size) for size in options.sizes.split(","))]
    print(f"{'virtual services':>16} {'to live, s':>11} {'over 1, s':>10} {'control plane, MB':>18} {'Envoy, MB':>10}")
    base = 0.0
    with tempfile.TemporaryDirectory() as place:
        for size in sizes:
            folder = Path(place) / str(size)
            write_services(folder, size)
            starts = [_start(folder) for _ in range(options.rounds)]
            seconds = statistics.median(each.seconds for each in starts)
            base = base or seconds
            memory = statistics.median(each.control_plane for each in starts)
            envoy = statistics.median(each.envoy for each in starts)
            print(f"{size:>16,} {seconds:>11.2f} {seconds - base:>10.2f} {memory:>18.0f} {envoy:>10.0f}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,5000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    return parser


def _start(folder: Path) -> Start:
    """Start a gateway with no memory of an earlier run, and stop it when it is ready."""
    shutil.rmtree(folder / ".gloo", ignore_errors=True)
    began = time.monotonic()
    process = run_gloo(folder, free_port())
    try:
        wait_ready(process)
        seconds = time.monotonic() - began
        return Start(seconds, resident(process.pid), resident(envoy_below(process.pid)))
    finally:
        process.terminate()
        process.wait(30)


def run_gloo(folder: Path, port: int) -> subprocess.Popen[str]:
    """Start ``gloo run`` on *port*."""
    program = str(Path(sys.executable).parent / "gloo")
    options = ["--http-port", str(port), "--https-port", str(free_port()), "--bind", "127.0.0.1"]
    command = [program, "run", str(folder), *options, "--log-level", "error"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_ready(process: subprocess.Popen[str]) -> None:
    """Return when the gateway has printed that it is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if "ready" not in line:
        raise BenchmarkError(f"gloo ended with status {process.wait(_PATIENCE)}: {line}")


def resident(pid: int) -> int:
    """Return the resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise BenchmarkError(f"process {pid} is gone")


if __name__ == "__main__":
    sys.exit(main())
