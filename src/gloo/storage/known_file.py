"""Read files that others write: never a half of one, never twice for nothing.

A look at a file costs one ``stat``; only a file whose stamp changed is read. A file that some process has open for
writing is left alone until that process is done. Linux tells by a *read lease*, which it refuses while a writer is
there (fcntl(2), "Leases"); while we hold the lease, a new writer waits for the microseconds that our read takes. Where
leases are refused (another owner's file, network file systems, other systems), a file counts as whole when size and
times stay the same between two looks.
"""

import fcntl
import os
import signal
import stat
import sys
import time
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import structlog

MAX_BYTES = 16 * 2**20
PATIENCE = 5.0
"""Seconds after which a file is read although a writer still has it open."""
QUIET = 0.05
"""Seconds without change after which a file is whole where leases are refused, and a missing one gone."""

TICK_OF_CLOCK = 0.02
"""Seconds in which two writes may leave the same times on a file."""

Stamp = tuple[int, ...]

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class Writer(Enum):
    """Whether some process has a file open for writing."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the looks so far have told about one file.

    Args:
        stamp: what the last look saw of it.
        text: the last good text; None if there was none yet.
        problem: why the file as it stands can't be taken; empty if it can.
        hint: what to do about that.
        since: monotonic seconds; set while the file is to be looked at again soon, stamp changed or not.
        missing: it is not there any more, but may be back in a moment: some editors save in that way.
        mode: the permission bits.
    """

    stamp: Stamp
    text: str | None = field(default=None, repr=False)
    problem: str = ""
    hint: str = ""
    since: float | None = None
    missing: bool = False
    mode: int = 0


def look_at(path: str | Path, known: KnownFile | None, *, patience: float = PATIENCE) -> KnownFile | None:
    """Return what is known of the file now; *known* itself if nothing changed, None if there is no such file."""
    now = time.monotonic()
    try:
        status = os.stat(path)  # noqa: PTH116 - the path comes as text, see Listing
        if known and known.since is None and known.stamp == stamp_of(status):
            return known
        return _read(path, known, overdue=bool(known and known.since and now - known.since > patience))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
        text = known.text if known else None
        return KnownFile((), text, problem, "see its permissions and owner", since=None)


def miss(known: KnownFile) -> KnownFile | None:
    """Return what is known of a file that is not listed any more; None once it has been gone for `QUIET` seconds."""
    now = time.monotonic()
    if known.missing and known.since is not None:
        return known if now - known.since < QUIET else None
    return replace(known, stamp=(), since=now, missing=True)


def _read(path: str | Path, known: KnownFile | None, *, overdue: bool) -> KnownFile:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        old = known or KnownFile(())
        if problem := _refusal(status):
            return _taken(replace(old, problem=problem, hint=""), status, since=None)
        if _busy(_writer(descriptor), status, known):
            if not overdue:
                first = old.since if old.since is not None and not old.missing else time.monotonic()
                return _taken(old, status, since=first)
            log.warning("file is read while a writer has it open", path=str(path), waited=PATIENCE)
        content = _content(descriptor, status.st_size)
        # A write in the same clock tick as our read would leave the stamp as it is: look once more.
        since = time.monotonic() if not overdue and _age(status) < TICK_OF_CLOCK else None
        return _taken(_decoded(old, content), os.fstat(descriptor), since=since)
    finally:
        os.close(descriptor)  # ends the lease too


def _taken(known: KnownFile, status: os.stat_result, *, since: float | None) -> KnownFile:
    mode = stat.S_IMODE(status.st_mode)
    return replace(known, stamp=stamp_of(status), since=since, missing=False, mode=mode)


def _decoded(old: KnownFile, content: bytes) -> KnownFile:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return replace(old, problem=f"is not UTF-8 text (line {line})", hint="save it as UTF-8")
    same = text == old.text
    return replace(old, text=old.text if same else text, problem="", hint="")


def _content(descriptor: int, size: int) -> bytes:
    parts = []
    while part := os.read(descriptor, max(size, 4096) + 1):
        parts.append(part)
    return b"".join(parts)


def _refusal(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size > MAX_BYTES:
        return f"is {status.st_size} bytes long; {MAX_BYTES} are read at most"
    return ""


def _busy(writer: Writer, status: os.stat_result, known: KnownFile | None) -> bool:
    if writer is Writer.UNKNOWN:
        unchanged = known is not None and known.since is not None and known.stamp == stamp_of(status)
        return not unchanged and _age(status) < QUIET
    return writer is Writer.PRESENT


def _writer(descriptor: int) -> Writer:
    if sys.platform != "linux":
        return Writer.UNKNOWN
    try:
        # A writer that comes while the lease is held makes the kernel signal us: SIGIO would end the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return Writer.PRESENT
    except OSError:
        return Writer.UNKNOWN
    return Writer.ABSENT


def _age(status: os.stat_result) -> float:
    """Return the seconds since the last change; a time in the future is another machine's clock, and long ago."""
    age = time.time() - max(status.st_mtime, status.st_ctime)
    return age if age >= 0 else QUIET


def stamp_of(status: os.stat_result) -> Stamp:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
