"""Measure what functions cost: ``python -m benchmarks.functions`` from the repository; four minutes.

The figure is the CPU time of the proxy's process per request, against plain proxying of such a request by the same
proxy: what a route costs that is matched in the same way and calls no function. Beside gloo stand Lua by hand in
Envoy's own filter, without anything of gloo's, which says what of a function in Lua is Envoy's part (more than the 1.10
that is promised of a path and a header, which Envoy makes itself where it can; in Lua they have no promise); and, each
with the job of the 45-byte body: Envoy's own transform filter; its ext_proc filter with a service in Python (grpcio; a
process of its own on the other core, whose CPU time is in the row "ext_proc + service"); nginx with Lua (Debian's
libnginx-mod-http-lua and lua-cjson). The memory of 1,000 functions is that of Envoy after each was called once, above
that after as many plain routes were called. The status is 1 if a promise is broken.
"""

import argparse
import http.client
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.configs import PLAIN_POST, nginx, static_envoy
from benchmarks.function_configs import (
    BY_HAND,
    LOADS,
    envoy_ext_proc,
    envoy_lua,
    envoy_transform,
    nginx_lua,
    write_gloo_functions,
)
from benchmarks.harness import (
    LOAD_CORE,
    PROXY_CORE,
    BenchmarkError,
    Load,
    Measurement,
    Runs,
    Target,
    alternate,
    compare,
    envoy_below,
    find_program,
    free_port,
    measure,
    started,
    wait_for_answer,
)

from gloo.model.base import replace
from gloo.proxy.binary import find_envoy

MANY = 1000
_LUA_MODULE = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
_PLAIN_POST = Load("/plain/pet", PLAIN_POST.body)


class Row(NamedTuple):
    """A line of the table: two kinds of run and, if it is promised, the most that the first may cost of the second."""

    run: str
    base: str
    limit: float | None = None


_BY_REGEX = "plain, matched by a regex"
_WITH_SERVICE = "Envoy's ext_proc + service: 45-byte body"
_ROWS = (
    Row("headers, lowered", "plain", 1.03),
    Row("header copied, lowered", "plain", 1.10),
    Row("headers, Lua", "plain"),
    Row("path, lowered", _BY_REGEX, 1.03),
    Row("path and header, lowered", _BY_REGEX, 1.10),
    Row("path and header, Lua", _BY_REGEX),
    Row("45-byte body to body", "plain, 45-byte POST", 1.30),
    Row("10 KB body to body", "plain, 10 KB POST", 3.0),
    Row("response template", "plain", 1.40),
    Row("Lua by hand: nothing", "Lua by hand: plain"),
    Row("Lua by hand: headers", "Lua by hand: plain"),
    Row("Lua by hand: path and header", "Lua by hand: plain"),
    Row("Envoy's transform: 45-byte body", "Envoy's transform: plain POST"),
    Row("Envoy's ext_proc: 45-byte body", "Envoy's transform: plain POST"),
    Row(_WITH_SERVICE, "Envoy's transform: plain POST"),
    Row("nginx + Lua: 45-byte body", "nginx + Lua: plain POST"),
    Row("nginx + Lua: path and header", "nginx + Lua: plain"),
)


def main() -> int:
    """Measure, print the tables, and return the status to end with."""
    options = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="gloo-bench-") as name, ExitStack() as stack:
            folder = Path(name)
            upstream = stack.enter_context(_upstream(folder))
            results = _measured(stack, folder, upstream, rounds=options.rounds, seconds=options.seconds)
            status = _report(results)
            _report_memory(folder, upstream)
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.functions", description="Measure what functions cost.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each run is made (default 5)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one run (default 2)")
    return parser


def _measured(stack: ExitStack, folder: Path, upstream: int, *, rounds: int, seconds: int) -> Runs:
    runs: dict[str, Callable[..., Measurement]] = {}
    ours = stack.enter_context(_gateway(folder / "functions", upstream))
    runs |= {name: partial(measure, ours, load) for name, load in LOADS.items()}
    others = (
        *(("Lua by hand", _by_hand), ("Envoy's transform", _transform), ("Envoy's ext_proc", _ext_proc)),
        ("nginx + Lua", _nginx_lua),
    )
    for name, start in others:
        for title, (target, load) in stack.enter_context(start(folder, upstream)).items():
            runs[f"{name}: {title}"] = partial(measure, target, load)
    measured = alternate({name: partial(run, seconds=seconds, folder=folder) for name, run in runs.items()}, rounds)
    both = [replace(run, cpu=run.cpu + run.beside) for run in measured["Envoy's ext_proc: 45-byte body"]]
    return {**measured, _WITH_SERVICE: both}


@contextmanager
def _upstream(folder: Path) -> Iterator[int]:
    port, log = free_port(), folder / "upstream.log"
    (folder / "nginx.conf").write_text(nginx(folder, port))
    command = [find_program("nginx", "nginx-light"), "-c", str(folder / "nginx.conf"), "-e", str(log)]
    with started(command, core=LOAD_CORE, log=log):
        wait_for_answer(port, Load("/"), log=log)
        yield port


@contextmanager
def _gateway(folder: Path, upstream: int, *, many: int = 0) -> Iterator[Target]:
    write_gloo_functions(folder, upstream, many=many)
    port, log = free_port(), folder.with_suffix(".log")
    program = shutil.which("gloo") or str(Path(sys.executable).parent / "gloo")
    ports = ["--http-port", str(port), "--https-port", str(free_port()), "--bind", "127.0.0.1"]
    with started([program, "run", str(folder), *ports], core=PROXY_CORE, log=log) as pid:
        for load in LOADS.values():
            wait_for_answer(port, load, log=log)
        yield Target(port, envoy_below(pid))


Jobs = Mapping[str, tuple[Target, Load]]


@contextmanager
def _by_hand(folder: Path, upstream: int) -> Iterator[Jobs]:
    load = LOADS["plain"]
    with ExitStack() as stack:
        bare = stack.enter_context(_envoy(folder, "bare", partial(static_envoy, upstream_port=upstream)))
        jobs = {"plain": (bare, load)}
        for title, script in BY_HAND.items():
            bootstrap = partial(envoy_lua, upstream_port=upstream, script=script)
            jobs[title] = (stack.enter_context(_envoy(folder, f"lua-{len(jobs)}", bootstrap)), load)
        yield jobs


@contextmanager
def _transform(folder: Path, upstream: int) -> Iterator[Jobs]:
    with (
        _envoy(folder, "transform", partial(envoy_transform, upstream_port=upstream)) as target,
        _envoy(folder, "untransformed", partial(static_envoy, upstream_port=upstream)) as plain,
    ):
        yield {"plain POST": (plain, _PLAIN_POST), "45-byte body": (target, _PLAIN_POST)}


@contextmanager
def _ext_proc(folder: Path, upstream: int) -> Iterator[Jobs]:
    port, log = free_port(), folder / "service.log"
    command = [sys.executable, "-m", "benchmarks.ext_proc_service", str(port)]
    bootstrap = partial(envoy_ext_proc, upstream_port=upstream, service_port=port)
    with started(command, core=LOAD_CORE, log=log) as service, _envoy(folder, "ext_proc", bootstrap) as target:
        with suppress(BenchmarkError):  # the service refuses some of the first calls that come at the same time
            measure(target, _PLAIN_POST, seconds=1, folder=folder)
        yield {"45-byte body": (replace(target, beside=service), _PLAIN_POST)}


@contextmanager
def _envoy(folder: Path, name: str, bootstrap: Callable[[int], str]) -> Iterator[Target]:
    port, log, file = free_port(), folder / f"{name}.log", folder / f"{name}.json"
    file.write_text(bootstrap(port))
    options = ["--config-path", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    with started([str(find_envoy()), *options], core=PROXY_CORE, log=log) as pid:
        wait_for_answer(port, _PLAIN_POST, log=log)
        yield Target(port, envoy_below(pid))


@contextmanager
def _nginx_lua(folder: Path, upstream: int) -> Iterator[Jobs]:
    """Run nginx with Lua; without the module there is nothing to compare."""
    if not _LUA_MODULE.exists():
        print("nginx + Lua is left out (apt-get install libnginx-mod-http-lua lua-cjson)", file=sys.stderr)
        yield {}
        return
    port, log, file = free_port(), folder / "nginx-lua.log", folder / "nginx-lua.conf"
    file.write_text(nginx_lua(folder, port, upstream))
    command = [find_program("nginx", "nginx-light"), "-c", str(file), "-e", str(log)]
    with started(command, core=PROXY_CORE, log=log) as pid:
        jobs = {
            "plain": LOADS["plain"],
            "plain POST": _PLAIN_POST,
            "45-byte body": LOADS["45-byte body to body"],
            "path and header": LOADS["path and header, lowered"],
        }
        for load in jobs.values():
            wait_for_answer(port, load, log=log)
        yield {title: (Target(port, pid), load) for title, load in jobs.items()}


def _report(results: Runs) -> int:
    """Print the runs and their ratios; return 1 if a promise is broken."""
    print(f"{'run':<44}{'us/request':>12}{'requests/s':>12}")
    for name, runs in results.items():
        middle = sorted(runs, key=lambda run: run.cost)[len(runs) // 2]
        print(f"{name:<44}{middle.cost:>12.1f}{middle.throughput:>12.0f}")
    print(f"\n{'CPU of the run / of plain proxying (median)':<44}{'ratio':>12}{'least-most':>14}{'promise':>10}")
    broken = False
    for row in _ROWS:
        if row.run not in results:
            continue
        ratio = compare(results, row.run, row.base)
        broken |= row.limit is not None and ratio.cost > row.limit
        promise = "" if row.limit is None else f"<= {row.limit:g}"
        print(f"{row.run:<44}{ratio.cost:>12.3f}{f'{ratio.least:.2f}-{ratio.most:.2f}':>14}{promise:>10}")
    return 1 if broken else 0


def _report_memory(folder: Path, upstream: int) -> None:
    with _gateway(folder / "many", upstream, many=MANY) as target:
        start = _resident_kb(target.pid)
        _call_each(target.port, "none")
        plain = _resident_kb(target.pid)
        _call_each(target.port, "many")
        live = _resident_kb(target.pid)
    print(
        f"\n{MANY} functions live: {(live - plain) / MANY:.1f} KB each (plain routes: {(plain - start) / MANY:.1f} KB)"
    )


def _call_each(port: int, kind: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for number in range(MANY):
        connection.request("POST", f"/{kind}/{number}", PLAIN_POST.body, {"content-type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise BenchmarkError(f"/{kind}/{number}: {response.status}")
    connection.close()


def _resident_kb(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", (Path("/proc") / str(pid) / "status").read_text())
    if found is None:
        raise BenchmarkError(f"process {pid} is gone")
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main())
