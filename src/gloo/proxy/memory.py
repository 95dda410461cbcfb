"""How much memory this machine, or the container that we are in, lets one Envoy have."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from gloo.errors import SettingsError
from gloo.model.size import parse_size

LEAST = 128 * 2**20
"""Bytes; below this Envoy would refuse requests with a few thousand routes and nothing to do."""

_SHARE = 0.8  # of all memory
_BESIDE = 200 * 2**20  # bytes at least, for the control plane, Lua, and what the heap does not count


def memory_of(given: str) -> int:
    """Return the bytes that Envoy's heap may have: what is *given*, or most of what there is.

    Raises:
        SettingsError: it is no size, or too small.
    """
    if not given:
        return default_of(present())
    try:
        size = parse_size(given)
    except ValueError as error:
        raise SettingsError(f"envoy_memory: {error}") from error
    if size < LEAST:
        raise SettingsError(f"envoy_memory: {given!r} is less than Envoy needs (at least 128MiB)")
    return size


def default_of(all_memory: int) -> int:
    """Return the bytes of heap where there are *all_memory* bytes: four fifths, or all but 200 MiB if that is less."""
    return max(LEAST, min(int(_SHARE * all_memory), all_memory - _BESIDE))


def present(root: Path = Path("/")) -> int:
    """Return the bytes of memory that this process may have: what the machine has, or the least limit of its groups.

    *root* is where the file systems of the kernel are.
    """
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits(root)])


def _limits(root: Path) -> Iterator[int]:
    """Yield the limits of our control group and of those around it (cgroups(7), versions 1 and 2)."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        controllers, _, group = line.partition(":")[2].partition(":")
        folder = root / "sys/fs/cgroup"
        if "memory" in controllers.split(","):
            folder, name = folder / "memory", "memory.limit_in_bytes"
        elif not controllers:
            name = "memory.max"
        else:
            continue
        own = PurePosixPath(group.lstrip("/"))
        for each in (own, *own.parents):
            limit = _text(folder / each / name).strip()
            if re.fullmatch("[0-9]+", limit):
                yield int(limit)


def _text(file: Path) -> str:
    """Return what *file* has; nothing if it can't be read, as on systems without control groups."""
    try:
        return file.read_text(encoding="ascii")
    except OSError:
        return ""
