"""Compare the gateway with an Envoy configured by hand: ``python -m benchmarks.proxying``, or ``make bench``.

Two promises are checked: plain proxying costs at most 1.03 times what the hand-written Envoy costs, and a function
call with a JSON body at most 1.5 times plain proxying of the same request. The status is 1 if one is broken.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.configs import FUNCTION, PLAIN, PLAIN_POST, nginx, static_envoy, static_upstream, write_gloo_config
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

from gloo.proxy.binary import find_envoy


class Row(NamedTuple):
    """A line of the table: two kinds of run and, if it is promised, the most that the first may cost of the second."""

    title: str
    run: str
    base: str
    limit: float | None


_ROWS = (
    Row("hand-written / the same again (noise)", "hand again", "hand", None),
    Row("plain proxying, gloo / hand-written", "gloo", "hand", 1.03),
    Row("function with JSON body / plain, same request", "function", "gloo POST", 1.5),
    Row("function with JSON body / plain GET", "function", "gloo", None),
)


def main() -> int:
    """Measure, print the table, and return the status to end with."""
    options = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="gloo-bench-") as name, ExitStack() as stack:
            folder = Path(name)
            runs = _start(stack, folder, with_gloo=not options.noise)
            results = alternate(
                {title: partial(run, seconds=options.seconds, folder=folder) for title, run in runs.items()},
                options.rounds,
            )
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return _report(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.proxying", description="Compare gloo with a hand-written Envoy.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each run is made (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one run (default 3)")
    parser.add_argument("--noise", action="store_true", help="compare the hand-written Envoy with itself only")
    return parser


def _start(stack: ExitStack, folder: Path, *, with_gloo: bool) -> Mapping[str, Callable[..., Measurement]]:
    """Start upstream and proxies; return the runs to make, by name."""
    upstream = stack.enter_context(_upstream(folder))
    hand = stack.enter_context(_hand_written(folder, upstream, "hand"))
    again = stack.enter_context(_hand_written(folder, upstream, "hand-again"))
    runs = {"hand": partial(measure, hand, PLAIN), "hand again": partial(measure, again, PLAIN)}
    if with_gloo:
        ours = stack.enter_context(_gateway(folder, upstream))
        runs["gloo"] = partial(measure, ours, PLAIN)
        runs["gloo POST"] = partial(measure, ours, PLAIN_POST)
        runs["function"] = partial(measure, ours, FUNCTION)
    return runs


@contextmanager
def _upstream(folder: Path) -> Iterator[int]:
    """Run nginx, or an Envoy in its place where there is none; yield its port."""
    port, log = free_port(), folder / "upstream.log"
    try:
        program = find_program("nginx", "nginx-light")
    except BenchmarkError:
        command = _envoy_command(folder, "upstream", static_upstream(port))
    else:
        (folder / "nginx.conf").write_text(nginx(folder, port))
        command = [program, "-c", str(folder / "nginx.conf"), "-e", str(log)]
    with started(command, core=LOAD_CORE, log=log):
        wait_for_answer(port, Load("/"), log=log)
        yield port


@contextmanager
def _hand_written(folder: Path, upstream: int, name: str) -> Iterator[Target]:
    port, log = free_port(), folder / f"{name}.log"
    command = _envoy_command(folder, name, static_envoy(port, upstream))
    with started(command, core=PROXY_CORE, log=log) as pid:
        wait_for_answer(port, PLAIN, log=log)
        yield Target(port, envoy_below(pid))


def _envoy_command(folder: Path, name: str, bootstrap: str) -> list[str]:
    file = folder / f"{name}.json"
    file.write_text(bootstrap)
    options = ["--config-path", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    return [str(find_envoy()), *options]


@contextmanager
def _gateway(folder: Path, upstream: int) -> Iterator[Target]:
    """Run ``gloo run`` on the core of the other proxies: Envoy starts one worker for each core it may use."""
    write_gloo_config(folder / "config", upstream)
    port, log = free_port(), folder / "gloo.log"
    program = shutil.which("gloo") or str(Path(sys.executable).parent / "gloo")
    ports = ["--http-port", str(port), "--https-port", str(free_port()), "--bind", "127.0.0.1"]
    with started([program, "run", str(folder / "config"), *ports], core=PROXY_CORE, log=log) as pid:
        for load in (PLAIN, PLAIN_POST, FUNCTION):
            wait_for_answer(port, load, log=log)
        yield Target(port, envoy_below(pid))


def _report(results: Runs) -> int:
    """Print the runs and their ratios; return 1 if a promise is broken."""
    print(f"{'run':<48}{'us/request':>12}{'requests/s':>12}")
    for name, runs in results.items():
        middle = sorted(runs, key=lambda run: run.cost)[len(runs) // 2]
        print(f"{name:<48}{middle.cost:>12.1f}{middle.throughput:>12.0f}")
    print(f"\n{'ratio (median over rounds)':<48}{'CPU':>12}{'least-most':>14}{'throughput':>12}{'promise':>10}")
    broken = False
    for row in _ROWS:
        if row.run not in results:
            continue
        ratio = compare(results, row.run, row.base)
        broken |= row.limit is not None and ratio.cost > row.limit
        promise = "" if row.limit is None else f"<= {row.limit:g}"
        extremes = f"{ratio.least:.2f}-{ratio.most:.2f}"
        print(f"{row.title:<48}{ratio.cost:>12.3f}{extremes:>14}{ratio.throughput:>12.3f}{promise:>10}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
