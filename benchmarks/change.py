"""How long one edit of a file takes until the proxy answers by it, and whether edits under load fail a request.

5,000 routes; a changed route's file is written, and the route is asked every two milliseconds until its answer is the
new one. Then 1,000 edits are made while another connection asks an unchanged route without a pause: every answer must
be the right one.

    python -m benchmarks.change [--changes 200] [--loaded 1000] [--files 500]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import envoy_below, free_port
from benchmarks.scale import resident, run_gloo, wait_ready
from benchmarks.tables import service_file, service_text, write_routes

_PATIENCE = 10.0  # seconds for one edit to be live
_POLL = 0.002  # seconds between two looks: asking without a pause would take the processor from what is measured


@dataclass(frozen=True, slots=True)
class Layout:
    """How 5,000 routes are spread over virtual services, each in a file of its own."""

    services: int
    routes: int

    def __str__(self) -> str:
        return f"{self.services:,} files of {self.routes:,} routes"


LAYOUTS = (Layout(2, 5), Layout(5000, 1), Layout(500, 10), Layout(50, 100), Layout(1, 5000))


def main() -> int:
    """Print the table; the exit status is 1 when a request failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--loaded", type=int, default=1000)
    parser.add_argument("--files", type=int, action="append", help="only the layouts of so many files")
    options = parser.parse_args()
    print(f"{'layout':<28} {'p50, ms':>8} {'p99, ms':>8} {'most, ms':>9} {'control plane, MB':>18} {'Envoy, MB':>10}")
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        for layout in (each for each in LAYOUTS if options.files is None or each.services in options.files):
            failed += asyncio.run(_measure(Path(place) / str(layout.services), layout, options))
    return 1 if failed else 0


async def _measure(folder: Path, layout: Layout, options: argparse.Namespace) -> int:
    """Measure one layout; return how many requests failed under load."""
    write_routes(folder, services=layout.services, routes=layout.routes)
    port = free_port()
    process = run_gloo(folder, port)
    try:
        wait_ready(process)
        times = [await _edit(folder, layout, port, number) for number in range(options.changes)]
        ordered = sorted(times)
        memory = f"{resident(process.pid):>18} {resident(envoy_below(process.pid)):>10}"
        p99 = ordered[int(len(ordered) * 0.99) - 1]
        print(f"{layout!s:<28} {statistics.median(times):>8.0f} {p99:>8.0f} {ordered[-1]:>9.0f} {memory}", flush=True)
        return await _under_load(folder, layout, port, options.loaded) if layout.services == 500 else 0
    finally:
        process.terminate()
        process.wait(30)


async def _edit(folder: Path, layout: Layout, port: int, number: int) -> float:
    """Change one route; return the milliseconds until its first new answer."""
    service, route = number * 7 % layout.services, number * 13 % layout.routes
    answer = f"edit-{number}"
    connection = await Connection.open(port)
    try:
        began = time.monotonic()
        write(service_file(folder, service), service_text(service, routes=layout.routes, changed=route, answer=answer))
        while await connection.ask(service, route) != (200, answer):
            if time.monotonic() - began > _PATIENCE:
                raise TimeoutError(f"edit {number} is not live after {_PATIENCE:g} s")
            await asyncio.sleep(_POLL)
        return (time.monotonic() - began) * 1000
    finally:
        connection.close()


def write(path: Path, text: str) -> None:
    """Put *text* in place of a file in one step, as editors and tools do."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.rename(path)


async def _under_load(folder: Path, layout: Layout, port: int, edits: int) -> int:
    """Make *edits* one after the other while an unchanged route is asked; return how many answers were wrong."""
    asked = failed = 0
    done = asyncio.Event()

    async def ask() -> None:
        nonlocal asked, failed
        connection = await Connection.open(port)
        while not done.is_set():
            asked += 1
            failed += await connection.ask(layout.services - 1, layout.routes - 1) != (200, "unchanged")
        connection.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(ask())
        busy = Layout(layout.services - 1, layout.routes)
        for number in range(edits):
            await _edit(folder, busy, port, 10_000 + number)
        done.set()
    print(f"{edits:,} edits under load: {asked:,} requests, {failed} failed", flush=True)
    return failed


class Connection:
    """One kept-alive connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, service: int, route: int) -> tuple[int, str]:
        """Return status and body of one route's answer."""
        head = f"GET /route-{route:05}/ HTTP/1.1\r\nhost: host{service}.example.org\r\n\r\n"
        self._writer.write(head.encode())
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.partition("content-length:")[2].split("\r\n")[0])
        body = await self._reader.readexactly(length)
        return int(answer.split()[1]), body.decode()

    def close(self) -> None:
        self._writer.close()


if __name__ == "__main__":
    sys.exit(main())
