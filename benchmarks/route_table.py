"""Measure what the last route of a table costs Envoy, as a plain list and as a match tree.

Run ``python -m benchmarks.route_table [SIZES...]`` from the repository; it needs ``wrk`` and takes about four minutes.
The figure is the CPU time of the Envoy process per request, which other programs disturb less than they do throughput.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import cpu_seconds
from envoy.config.route.v3.route_components_pb2 import RouteMatch
from tests.support.route_envoy import RouteEnvoy, answering, running_envoy

from gloo.envoy.route_tree import RouteTree, route_fields
from gloo.translator.route_path import Entry, PathMatch
from gloo.translator.route_table import Bounds, compile_table

SIZES = (1, 100, 1_000, 10_000, 20_000)
SECONDS = 2
ALWAYS = Bounds(smallest=0, gain=0.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one request cost."""

    microseconds: float
    resident_mb: float


def path_match(kind: str, number: int) -> PathMatch:
    """Return the condition number *number* of a table of *kind*."""
    if kind == "mixed":
        kind = ("prefix", "exact", "regex")[number % 3]
    if kind == "exact":
        return PathMatch("exact", f"/shop/{number:05}/items")
    if kind == "regex":
        return PathMatch("regex", f"/shop/{number:05}/[a-z]+")
    return PathMatch("prefix", f"/shop/{number:05}/")


def route_match(path: PathMatch) -> RouteMatch:
    match = RouteMatch()
    if path.kind == "exact":
        match.path = path.value
    elif path.kind == "regex":
        match.safe_regex.regex = path.value
    else:
        match.prefix = path.value
    return match


def main(sizes: Sequence[int]) -> None:
    """Print a table for each kind of path."""
    print(
        "| routes | kind | list us | tree us | list / one | tree / one | list MB | tree MB | compile + write CPU ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in ("prefix", "exact", "regex", "mixed"):
        one: Figure | None = None
        for size in sizes:
            paths = [path_match(kind, number) for number in range(size)]
            routes = [answering(route_match(path), number) for number, path in enumerate(paths)]
            entries = [Entry(number, path) for number, path in enumerate(paths)]
            start = time.process_time()
            tree = compile_table(entries, ALWAYS)
            route_fields(routes, tree)
            built = (time.process_time() - start) * 1000
            last = f"/shop/{size - 1:05}/items"
            listed, treed = measure(routes, None, last), measure(routes, tree, last)
            one = one or listed
            print(f"| {size} | {kind} {row(listed, treed, one)} | {built:.0f} |", flush=True)


def row(listed: Figure, treed: Figure, one: Figure) -> str:
    times = f"| {listed.microseconds:.0f} | {treed.microseconds:.0f} "
    ratios = f"| {listed.microseconds / one.microseconds:.2f} | {treed.microseconds / one.microseconds:.2f} "
    return f"{times}{ratios}| {listed.resident_mb:.0f} | {treed.resident_mb:.0f}"


def measure(routes: Sequence[bytes], tree: RouteTree | None, target: str) -> Figure:
    """Drive an Envoy of its own with requests for *target*, and return what one of them cost."""
    with tempfile.TemporaryDirectory() as folder, running_envoy(Path(folder)) as envoy:
        envoy.publish(bench=route_fields(routes, tree))
        drive(envoy, target, seconds=1)
        before = cpu_seconds(envoy.process.pid)
        requests = drive(envoy, target, seconds=SECONDS)
        spent = cpu_seconds(envoy.process.pid) - before
        return Figure(spent / requests * 1e6, resident_mb(envoy.process.pid))


def drive(envoy: RouteEnvoy, target: str, *, seconds: int) -> int:
    """Ask for *target* on 16 connections, and return how many answers came."""
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is missing: apt-get install wrk")
    url = f"http://127.0.0.1:{envoy.ports[0]}{target}"
    command = [wrk, "-t1", "-c16", f"-d{seconds}s", "-H", "Host: bench", url]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    if "Non-2xx" in output:
        sys.exit(f"{target} is not answered: {output}")
    found = re.search(r"(\d+) requests in", output)
    assert found is not None, output
    return int(found[1])


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
