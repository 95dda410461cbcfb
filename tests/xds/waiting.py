"""Waits for a thing instead of for a time."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], *, seconds: float = 10) -> None:
    """Return as soon as *condition* holds; AssertionError when it does not within *seconds*."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        if condition():
            return
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.01)
