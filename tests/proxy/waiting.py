"""Wait for a thing, bounded."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path


async def until(check: Callable[[], bool | Awaitable[bool]], within: float = 10.0) -> None:
    """Return as soon as *check* holds; raise `TimeoutError` if it does not after so many seconds."""
    async with asyncio.timeout(within):
        while True:
            holds = check()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.01)


def is_dead(pid: int) -> bool:
    """Tell whether the process is gone; one that only waits to be reaped counts as gone."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
