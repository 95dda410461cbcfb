"""Ports for the servers of tests: free, and picked by nobody else who runs beside."""

import os
import random
import socket
from itertools import cycle

# Below the ports that systems hand out by themselves, a range for each process that runs tests at the same time.
_FIRST, _EACH, _PROCESSES = 12_000, 5_000, 4
_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
_RANGE = range(_FIRST + _NUMBER * _EACH, _FIRST + (_NUMBER + 1) * _EACH)
_START = random.randrange(_EACH)
_PORTS = cycle((*_RANGE[_START:], *_RANGE[:_START]))


def free_ports(count: int) -> tuple[int, ...]:
    """Return ports that nobody listens on, all different, and none that was returned a short time before."""
    found: list[int] = []
    while len(found) < count:
        port = next(_PORTS)
        if _is_free(port):
            found.append(port)
    return tuple(found)


def free_port() -> int:
    """Return one port that nobody listens on."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
