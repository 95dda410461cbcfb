"""Looks at many files: what changed, what is still being written, when the picture is whole."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gloo.model.base import Value
from gloo.storage.base import DocumentProblem
from gloo.storage.folder_watch import changes
from gloo.storage.known_file import KnownFile, look_at, miss

HOLD = 0.2
"""Seconds that a state is held back at most, for the rest of a change that comes in several steps."""
_RECHECK = 0.02
_TICKS = 10


class Listing(Value, frozen=True):
    """Which files there are, before any is read.

    Args:
        paths: by the name under which each is known; text, for ten thousand `Path` objects cost more than the look.
        problems: folders that can't be listed; what is known of the files below them stays.
        links: some files are reached through links, so a change of theirs may come without a notice.
        kept: name prefixes below which nothing is gone although it is not listed.
    """

    paths: Mapping[str, str]
    problems: tuple[DocumentProblem, ...] = ()
    links: bool = False
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """All files as known after one look.

    Args:
        whole: False while a file is missing that may be back in a moment.
        settled: False while some file is to be looked at again soon.
        took: seconds.
    """

    files: Mapping[str, KnownFile]
    listing: Listing
    whole: bool
    settled: bool
    took: float = field(compare=False)

    def problems(self) -> tuple[DocumentProblem, ...]:
        own = (DocumentProblem(name, file.problem, file.hint) for name, file in self.files.items() if file.problem)
        return tuple(sorted((*self.listing.problems, *own), key=lambda problem: problem.name))


def look(listing: Listing, before: Look | None) -> Look:
    """Look at the files of *listing*; those that did not change since *before* are not read."""
    started = time.monotonic()
    known = before.files if before else {}
    files: dict[str, KnownFile] = {}
    for name, path in listing.paths.items():
        if file := look_at(path, known.get(name)):
            files[name] = file
    for name, old in known.items():
        if name not in files and (kept := old if name.startswith(listing.kept) else miss(old)):
            files[name] = kept
    return Look(
        dict(sorted(files.items())),
        listing,
        whole=not any(file.missing for file in files.values()),
        settled=all(file.since is None for file in files.values()),
        took=time.monotonic() - started,
    )


async def settled_look(again: Callable[[Look | None], Look]) -> Look:
    """Look until all is whole and no writer is at work, for `HOLD` seconds at most."""
    ends = time.monotonic() + HOLD
    last = await asyncio.to_thread(again, None)
    while not last.settled and time.monotonic() < ends:
        await asyncio.sleep(_RECHECK)
        last = await asyncio.to_thread(again, last)
    return last


async def watch_looks(folder: Path, again: Callable[[Look | None], Look]) -> AsyncGenerator[Look, None]:
    """Yield a look at the start, then one after each change below *folder*.

    Args:
        folder: what to watch.
        again: takes a fresh look, given the last one; it runs in a thread.
    """
    last: Look | None = None
    quiet = 0
    async with contextlib.aclosing(changes(folder)) as notices:
        async for changed in notices:
            quiet = 0 if changed else quiet + 1
            if last and quiet % _TICKS and not last.listing.links:
                continue
            shown = last is not None
            last = await asyncio.to_thread(again, last)
            held = time.monotonic()
            while not last.settled:
                if (shown and last.whole) or time.monotonic() - held > HOLD:
                    yield last
                    shown, held = True, time.monotonic()
                await asyncio.sleep(max(_RECHECK, last.took))
                last = await asyncio.to_thread(again, last)
            yield last
