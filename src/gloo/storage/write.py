"""Write files so that a reader, and a crash at any moment, finds either the old text or the new one."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import stat
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from gloo.errors import Conflict, StorageError
from gloo.storage.known_file import Stamp, stamp_of

LOCK_SECONDS = 5.0


def check_file_name(name: str) -> None:
    """Raise StorageError unless *name* can be the name of a file, and of one that is not hidden."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise StorageError(f"{name!r} can't be the name of a file (names are lower-case DNS labels joined by dots)")


@contextlib.asynccontextmanager
async def locked(folder: Path) -> AsyncGenerator[None, None]:
    """Keep other gloo processes from editing *folder*; raise StorageError if one of them keeps it for too long."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(
            f"the folder {folder} can't be opened: {error.strerror} (make it, or name another)"
        ) from error
    try:
        ends = time.monotonic() + LOCK_SECONDS
        while not _lock(descriptor):
            if time.monotonic() > ends:
                raise StorageError(f"{folder} is being edited by another gloo process (try again)")
            await asyncio.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_file(path: Path, text: str, stamp: Stamp | None) -> None:
    """Replace the file at *path*, or the file that the link there leads to; mode and owner stay.

    Args:
        path: the file; its folder is made if need be.
        text: what it is to hold.
        stamp: the file as it was read, None for a new one; raises Conflict if it is not so any more.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            _write_new(temporary, text, _status(target))
            _check_same(target, stamp)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}") from error


def remove_file(path: Path) -> None:
    """Remove the file, or the link, at *path*; it may be gone already."""
    try:
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} can't be removed: {error.strerror}") from error


def _write_new(path: Path, text: str, old: os.stat_result | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - it is open already
        if old:
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
            if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()) and os.geteuid() == 0:
                os.fchown(descriptor, old.st_uid, old.st_gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _check_same(path: Path, stamp: Stamp | None) -> None:
    status = _status(path)
    if (stamp_of(status) if status else None) != stamp:
        raise Conflict(f"{path} was changed by another program meanwhile (try again)")


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
