"""Tell when something below a folder may have changed, whatever happens to the folder itself."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Set
from pathlib import Path

import structlog
from watchfiles import Change, awatch

from gloo.errors import StorageError

TICK = 0.5
"""Seconds after which a folder is looked at again without a notice: links that lead out of it give none."""
_STEP = 10
_DEBOUNCE = 50

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


async def changes(folder: Path) -> AsyncGenerator[bool, None]:
    """Yield once notices are on, then True after each change and False each `TICK` seconds without one.

    A folder that is missing, moved or replaced is found again at a tick, and that is a change. Where the system gives
    no notices at all (the limit of inotify is reached), every tick counts as a change.
    """
    while True:
        identity = _identity(folder)
        async with contextlib.aclosing(_notices(folder)) as notices:
            async for changed in notices:
                yield changed
                if _identity(folder) != identity:
                    break
        yield True


async def _notices(folder: Path) -> AsyncGenerator[bool, None]:
    """Yield as `changes` does, for as long as the folder stays the same one."""
    watcher = awatch(folder, watch_filter=None, debounce=_DEBOUNCE, step=_STEP, ignore_permission_denied=True)
    # A task group can't live across a yield, so this one task is ended by hand, below.
    notice = asyncio.ensure_future(_next(watcher))
    try:
        await asyncio.sleep(0)  # the watcher's first step, which turns notices on, has run after this
        yield True
        while await _seen(notice) is not False:
            if notice.done():
                notice = asyncio.ensure_future(_next(watcher))
                yield True
            else:
                yield False
        _explain(folder, notice)
        while True:
            await asyncio.sleep(TICK)
            yield True
    finally:
        notice.cancel()
        await asyncio.wait({notice})
        await watcher.aclose()


async def _seen(notice: asyncio.Future[None]) -> bool | None:
    """Wait for the notice: True if it came, None if it did not within a tick, False if none will come any more."""
    done, _ = await asyncio.wait({notice}, timeout=TICK)
    return notice.exception() is None if done else None


def _explain(folder: Path, notice: asyncio.Future[None]) -> None:
    error = notice.exception()
    if not isinstance(error, OSError | StopAsyncIteration):
        raise StorageError(f"{folder}: watching failed: {error}") from error
    if folder.exists():
        log.warning("no notices of file changes: looking every half second", folder=str(folder), reason=str(error))


async def _next(watcher: AsyncGenerator[Set[tuple[Change, str]], None]) -> None:
    await anext(watcher)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
