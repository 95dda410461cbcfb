"""Which files of code belong to a module, and whether they changed."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

MOST_FILES = 2000
"""Looked at beside a module; a folder with more has something in it that is not the module's code."""
_MOST_FOLDERS = 500

Code = tuple[tuple[str, int, int], ...]
"""Each file with the time of its last change and its size."""


def code_of(module: Path) -> Code:
    """Return the state of the Python files beside and below *module*, itself among them; nothing while there are none.

    Folders that are hidden, or hold an environment of their own, are left out.
    """
    found: list[tuple[str, int, int]] = []
    for path in _files(module.parent):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
        if len(found) >= MOST_FILES:
            break
    return tuple(sorted(found))


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in islice(os.walk(folder), _MOST_FOLDERS):
        folders[:] = [
            name for name in folders if name[0] not in "._" and not (Path(place) / name / "pyvenv.cfg").exists()
        ]
        yield from (Path(place) / name for name in files if name.endswith(".py"))
