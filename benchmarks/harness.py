"""Measure what a proxy costs: start processes on cores of their own, drive them with wrk, read their CPU time.

The figure is the CPU time of the Envoy process per request: unlike throughput it does not depend on how busy the load
generator's core is. Absolute numbers vary between machines and minutes, so only ratios of runs that alternate count.
"""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server

PROXY_CORE = 0
LOAD_CORE = 1  # wrk and the upstream
_CONNECTIONS = 16
_START = 20.0  # seconds for anything to start

_WRK_SCRIPT = """
wrk.method = %(method)s
wrk.body = %(body)s
wrk.headers["content-type"] = "application/json"
wrk.headers["user-agent"] = "wrk/4"
wrk.headers["x-team"] = "blue"
function done(summary)
  local e = summary.errors
  io.write(string.format('\\n{"requests": %%d, "microseconds": %%d, "errors": %%d}\\n', summary.requests,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class BenchmarkError(Exception):
    """A measurement can't be made, or would mean nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of request, sent over and over; a body makes it a POST of JSON."""

    path: str
    body: str = ""

    @property
    def method(self) -> str:
        return "POST" if self.body else "GET"


@dataclass(frozen=True, slots=True)
class Target:
    """A proxy under load: where it listens on 127.0.0.1 and which process's CPU time counts.

    Args:
        beside: a process that works for the proxy; its CPU time is measured apart.
    """

    port: int
    pid: int
    beside: int | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run: answered requests, its length in seconds, CPU seconds of the proxy and of the process beside it."""

    requests: int
    seconds: float
    cpu: float
    beside: float = 0.0

    @property
    def cost(self) -> float:
        """Microseconds of CPU per request."""
        return self.cpu / self.requests * 1e6

    @property
    def throughput(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def find_program(name: str, package: str) -> str:
    """Return the path of a program; raise `BenchmarkError` with the Debian package to install."""
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if found is None:
        raise BenchmarkError(f"{name} is missing (apt-get install {package})")
    return found


def free_port() -> int:
    """Return a TCP port that is free on 127.0.0.1 now."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(command: Sequence[str], *, core: int, log: Path) -> Iterator[int]:
    """Run *command* on one core during the block, its output in *log*; yield its process id."""
    with log.open("wb") as output:
        process = subprocess.Popen([*pinned(core), *command], stdout=output, stderr=output)
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def pinned(core: int) -> tuple[str, ...]:
    """Return the words before a command that keep it on *core*; none if the machine has no such core."""
    taskset = shutil.which("taskset")
    if taskset is None or core not in os.sched_getaffinity(0):
        return ()
    return (taskset, "-c", str(core))


def wait_for_answer(port: int, load: Load, *, log: Path) -> None:
    """Return once *load* is answered with 200; raise `BenchmarkError` with the end of *log* if it never is."""
    end = time.monotonic() + _START
    last = "no answer"
    while time.monotonic() < end:
        try:
            last = str(_status(port, load))
        except OSError as error:
            last = str(error)
        if last == "200":
            return
        time.sleep(0.02)
    tail = log.read_text(errors="replace")[-1500:]
    raise BenchmarkError(f"{load.method} {load.path} on port {port}: {last}\n{tail}")


def _status(port: int, load: Load) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request(load.method, load.path, load.body or None, {"content-type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def envoy_below(pid: int) -> int:
    """Return the Envoy process that *pid* runs, or *pid* itself if it is one."""
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        process = Path("/proc") / str(each)
        if (process / "comm").read_text().strip() == "envoy":
            return each
        for children in process.glob("task/*/children"):
            waiting += [int(child) for child in children.read_text().split()]
    raise BenchmarkError(f"process {pid} runs no Envoy")


def measure(target: Target, load: Load, *, seconds: int, folder: Path) -> Measurement:
    """Drive *target* with *load*; raise `BenchmarkError` if any request failed, for then the figure means nothing."""
    script = folder / "load.lua"
    script.write_text(_WRK_SCRIPT % {"method": _lua_text(load.method), "body": _lua_text(load.body)})
    url = f"http://127.0.0.1:{target.port}{load.path}"
    options = ["-t", "1", "-c", str(_CONNECTIONS), "-d", f"{seconds}s", "-s", str(script)]
    before, beside = cpu_seconds(target.pid), _beside(target)
    command = [*pinned(LOAD_CORE), find_program("wrk", "wrk"), *options, url]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30)
    cpu, beside = cpu_seconds(target.pid) - before, _beside(target) - beside
    report = json.loads(run.stdout.strip().splitlines()[-1])
    if report["errors"] or not report["requests"]:
        raise BenchmarkError(f"{load.method} {url}: {report['errors']} of {report['requests']} requests failed")
    return Measurement(report["requests"], report["microseconds"] / 1e6, cpu, beside)


def _beside(target: Target) -> float:
    return 0.0 if target.beside is None else cpu_seconds(target.beside)


def _lua_text(text: str) -> str:
    return json.dumps(text)  # for printable ASCII a JSON string is a Lua string


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, of the threads that the process has, to the nanosecond.

    It is the scheduler's own count (``/proc/PID/task/TID/schedstat``, see sched-stats.rst of the kernel's
    documentation); that of ``/proc/PID/stat`` comes in ticks, often of 10 ms.
    """
    threads = (Path("/proc") / str(pid) / "task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


Runs = Mapping[str, Sequence[Measurement]]


def alternate(runs: Mapping[str, Callable[[], Measurement]], rounds: int) -> Runs:
    """Make each run once a round, in turning order, so that a slow minute meets all of them alike."""
    names = list(runs)
    results: dict[str, list[Measurement]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            results[name].append(runs[name]())
    return results


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one kind of run costs in units of another: medians over the rounds, and the extremes of the cost."""

    cost: float
    least: float
    most: float
    throughput: float


def compare(results: Runs, name: str, base: str) -> Ratio:
    """Compare two kinds of run round by round."""
    pairs = list(zip(results[name], results[base], strict=True))
    costs = [one.cost / other.cost for one, other in pairs]
    rates = [one.throughput / other.throughput for one, other in pairs]
    return Ratio(statistics.median(costs), min(costs), max(costs), statistics.median(rates))
