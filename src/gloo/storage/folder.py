"""The files of a configuration folder: which there are, and one consistent look at them."""

import os
from collections.abc import Iterator
from pathlib import Path

from gloo.errors import StorageError
from gloo.storage.base import DocumentProblem
from gloo.storage.look import Listing, Look, look

SUFFIXES = (".yaml", ".yml", ".json")
FOLDERS = {"": "", "upstreams": "Upstream", "virtual_services": "VirtualService", "virtualservices": "VirtualService"}
"""The folders that are read, below the configuration folder, and the kind of what each of them holds."""


def kind_of(name: str) -> str:
    """Return the kind that the place of the document *name* implies; empty at the top of the folder."""
    return FOLDERS.get(name.rpartition("/")[0], "")


def look_at_folder(folder: Path, before: Look | None) -> Look:
    """Look at all configuration files below *folder*.

    Kubernetes swaps the content of a mounted volume by renaming one link, ``..data``: a look that has seen both sides
    of such a swap is taken anew. Raises StorageError if the folder can't be listed and there was no look before.
    """
    swap = _swap(folder)
    for _ in range(3):
        result = look(_list(folder, first=before is None), before)
        swap, old = _swap(folder), swap
        if swap == old:
            break
    return result


def swap_of(folder: Path) -> str:
    """Return where a Kubernetes volume's ``..data`` link leads; empty if *folder* is none."""
    try:
        return os.readlink(folder / "..data")  # noqa: PTH115 - as text, whether or not it leads anywhere
    except OSError:
        return ""


def _swap(folder: Path) -> tuple[str, ...]:
    return tuple(swap_of(folder / place) for place in FOLDERS)


def _list(folder: Path, *, first: bool) -> Listing:
    paths: dict[str, str] = {}
    problems: list[DocumentProblem] = []
    links = False
    for place in FOLDERS:
        try:
            for entry in _entries(folder / place):
                paths[f"{place}/{entry.name}" if place else entry.name] = entry.path
                links = links or entry.is_symlink()
        except (FileNotFoundError, NotADirectoryError) as error:
            if not place:
                return _lost(folder, error, first=first)
        except OSError as error:
            if not place:
                return _lost(folder, error, first=first)
            problems.append(DocumentProblem(place, f"can't be listed: {error.strerror}", "see its permissions"))
        links = links or (folder / place).is_symlink()
    kept = tuple(f"{problem.name}/" for problem in problems)
    return Listing(paths, tuple(problems), links=links, kept=kept)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield the files that count, not those that editors, tools and Kubernetes hide by a leading dot or a suffix."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIXES) and not entry.name.startswith(".") and not entry.is_dir():
                yield entry


def _lost(folder: Path, error: OSError, *, first: bool) -> Listing:
    problem = f"the configuration folder {folder} can't be read: {error.strerror}"
    if first:
        raise StorageError(f"{problem} (make it, or name another)") from error
    hint = "what was read last stays in force until the folder is back"
    return Listing({}, (DocumentProblem("", problem, hint),), kept=("",))
