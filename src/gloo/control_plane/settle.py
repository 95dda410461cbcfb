"""The slot between those who see changes and the one who acts on them: the latest wins, after a moment of quiet."""

import asyncio

from gloo.model.base import Value


class Calm(Value, frozen=True):
    """How long to wait for quiet, in seconds: *quiet* without a change, *longest* in all.

    Stores wait for their own kind of quiet before they tell a state: this is for what several of them tell at once.
    """

    quiet: float = 0.01
    longest: float = 0.2


class Changes:
    """Says that something changed; whoever waits is woken once for a burst."""

    def __init__(self, calm: Calm | None = None) -> None:
        self._calm = calm or Calm()
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Say that something changed."""
        self._changed.set()

    async def settle(self) -> None:
        """Wait for a change, then for quiet."""
        await self._changed.wait()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._calm.longest
        while self._changed.is_set() and (left := deadline - loop.time()) > 0:
            self._changed.clear()
            try:
                async with asyncio.timeout(min(self._calm.quiet, left)):
                    await self._changed.wait()
            except TimeoutError:
                return
        self._changed.clear()
