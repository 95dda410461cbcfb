"""Give a run a private folder for its sockets, and sweep those that killed runs have left."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gloo.errors import ProxyError

_PREFIX = "gloo-"
_LOCK = "lock"
_LONGEST_SOCKET_NAME = 20
_SOCKET_PATH_LIMIT = 107  # struct sockaddr_un: 108 bytes with the final zero


@contextlib.contextmanager
def runtime_folder(base: Path | None = None) -> Iterator[Path]:
    """Make a folder of mode 0700 that is gone after the block; sweep abandoned ones first.

    The folder is held by a file lock, which the kernel lets go when we die however we die: a later run can tell an
    abandoned folder from a live one, even when process ids were used again or belong to another container.

    Args:
        base: where to make it; by default ``$XDG_RUNTIME_DIR``, else the system's temporary folder. It must leave
            room for socket names of 20 characters within the 107 that the system allows for a path.

    Raises:
        ProxyError: the base's path is too long, or the folder can't be made.
    """
    base = base or _default_base()
    sweep(base)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))  # mkdtemp makes it 0700
    except OSError as error:
        raise ProxyError(f"the runtime folder can't be made in {base}: {error.strerror}") from error
    try:
        with _held(folder):
            _check_length(folder)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove the folders in *base* that are ours and that no living run holds."""
    for folder in base.glob(f"{_PREFIX}*-*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _default_base() -> Path:
    private = os.environ.get("XDG_RUNTIME_DIR")
    if private and os.access(private, os.W_OK | os.X_OK):
        return Path(private)
    return Path(tempfile.gettempdir())


def _check_length(folder: Path) -> None:
    room = _SOCKET_PATH_LIMIT - len(os.fsencode(folder)) - 1
    if room < _LONGEST_SOCKET_NAME:
        raise ProxyError(f"{folder}: too long a path for Unix sockets (set TMPDIR or XDG_RUNTIME_DIR to a shorter one)")


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as lock:  # not inherited by Envoy: Python opens files close-on-exec
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_abandoned(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid() or _creator_lives(folder):
            return False
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # held by a living run of another container, just removed, or no folder of ours: leave it
    return True


def _creator_lives(folder: Path) -> bool:
    """Spare a folder between its making and its locking: its name says who is making it."""
    pid = folder.name.removeprefix(_PREFIX).split("-")[0]
    if not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
