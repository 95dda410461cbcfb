"""The worker's program: load what the order on standard input names, report, and serve it.

The conversation has three lines, for a worker must not take requests before it is wanted: the order comes in, the
report goes out on standard output, ``serve`` comes in. Standard input and output are then the user's own again: the
first is empty, the second goes where standard error goes, to the gateway's log.
"""

import asyncio
import os
import signal
import socket
import sys
from typing import TextIO

import msgspec
import uvicorn

from gloo.local_functions.asgi_answers import unavailable
from gloo.local_functions.host import Host, HostServer, started
from gloo.local_functions.loading import Loaded, load
from gloo.local_functions.orders import SERVE, Finding, Order, Report

_LOG = {"version": 1, "disable_existing_loggers": False}


def main() -> int:
    """Do what the order says; return the status to end with."""
    orders, reports = _own_ends()
    order = msgspec.json.decode(orders.readline(), type=Order)
    loaded = load(order)
    asyncio.run(_serve(order, loaded, orders, reports))
    return 0


def _own_ends() -> tuple[TextIO, TextIO]:
    """Take standard input and output for ourselves, and leave the user others."""
    orders, reports = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, reports


async def _serve(order: Order, loaded: Loaded, orders: TextIO, reports: TextIO) -> None:
    async with started(loaded.applications) as (states, failed):
        findings = tuple(Finding("the application can't start", name, "the log says why") for name in sorted(failed))
        report = Report(loaded.report.loaded, (*loaded.report.findings, *findings))
        with reports:
            reports.write(f"{msgspec.json.encode(report).decode()}\n")
        with orders:
            wanted = await asyncio.to_thread(orders.readline)
        if wanted.strip() != SERVE:
            return
        functions = {**loaded.functions, **{name: unavailable(name) for name in failed}}
        await _listen(order, Host(functions, loaded.report.loaded, states))


async def _listen(order: Order, host: Host) -> None:
    config = uvicorn.Config(
        host,
        log_config=_LOG,
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        timeout_keep_alive=3600,  # the gateway ends connections, or a request may meet one that is just being closed
        timeout_graceful_shutdown=1,
        backlog=1024,
    )
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # uvicorn takes it over, and at its end raises it once more
    with socket.socket(fileno=order.listener) as listener:
        await HostServer(config).serve(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
