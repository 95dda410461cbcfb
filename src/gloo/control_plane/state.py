"""What gloo remembers about a folder, in a database beside it: never in the user's files.

It holds the last good form of each document, the verdict on each object, the functions that were discovered, and which
gateway runs. A reader needs no
running gateway; a writer is the one gateway that holds the lock.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from gloo.discovery.known import Known
from gloo.errors import StorageError
from gloo.model.source import Document
from gloo.model.status import Problem, Status

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS statuses (ref TEXT PRIMARY KEY, status BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS discovered (upstream TEXT PRIMARY KEY, known BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
DATABASE = "state.db"
LOCK = "lock"


class RunningGateway(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway at work."""

    pid: int
    http: str
    https: str = ""
    admin: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the gateway of a folder last recorded; `running` is None when none runs now."""

    statuses: Mapping[str, Status] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    running: RunningGateway | None = None


class StateFolder:
    """The writer's side: open while a gateway runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = -1
        self._statuses: dict[str, Status] = {}
        self._documents: dict[str, Document] = {}
        self._known: dict[str, Known] = {}

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """Hold the folder during the block.

        Raises:
            StorageError: another gateway holds it, or it can't be written.
        """
        _make(self.folder)
        self._lock = _locked(self.folder / LOCK)
        try:
            with self._database() as database:
                database.executescript(_SCHEMA)
                database.execute("DELETE FROM statuses")  # verdicts of a run that is over
            self._documents = self._read_documents()
            yield self
        finally:
            self.forget_running()
            os.close(self._lock)

    @property
    def documents(self) -> Mapping[str, Document]:
        """The last good form of each document."""
        return self._documents

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / DATABASE
        try:
            with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as database:
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=NORMAL")
                yield database
        except sqlite3.Error as error:
            raise StorageError(f"{path} can't be used: {error} (it may be removed: gloo makes it again)") from error

    def _read_documents(self) -> dict[str, Document]:
        with self._database() as database:
            rows = database.execute("SELECT name, text, kind FROM documents").fetchall()
        return {name: Document(name, text, kind) for name, text, kind in rows}

    def record(
        self, statuses: Mapping[str, Status], problems: tuple[Problem, ...], documents: Mapping[str, Document]
    ) -> None:
        """Write what changed since the last record: verdicts, findings about files, last good documents.

        Raises:
            StorageError: the database can't be written.
        """
        changed = [(ref, status) for ref, status in statuses.items() if self._statuses.get(ref) is not status]
        gone = self._statuses.keys() - statuses.keys()
        newer = [each for name, each in documents.items() if self._documents.get(name) is not each]
        lost = self._documents.keys() - documents.keys()
        with self._database() as database:
            database.execute("BEGIN")
            database.executemany(
                "INSERT OR REPLACE INTO statuses VALUES (?, ?)",
                ((ref, msgspec.json.encode(status)) for ref, status in changed),
            )
            database.executemany("DELETE FROM statuses WHERE ref = ?", ((ref,) for ref in gone))
            database.executemany(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", ((d.name, d.kind, d.text) for d in newer)
            )
            database.executemany("DELETE FROM documents WHERE name = ?", ((name,) for name in lost))
            _put(database, "problems", msgspec.json.encode(problems))
            database.execute("COMMIT")
        self._statuses, self._documents = dict(statuses), dict(documents)

    def record_discovered(self, known: Mapping[str, Known]) -> None:
        """Write what is known of upstreams, and nothing of others.

        Raises:
            StorageError: the database can't be written.
        """
        rows = [(name, msgspec.json.encode(each)) for name, each in known.items() if self._known.get(name) is not each]
        with self._database() as database:
            names = [name for (name,) in database.execute("SELECT upstream FROM discovered").fetchall()]
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO discovered VALUES (?, ?)", rows)
            gone = ((name,) for name in names if name not in known)
            database.executemany("DELETE FROM discovered WHERE upstream = ?", gone)
            database.execute("COMMIT")
        self._known = dict(known)

    def record_running(self, gateway: RunningGateway) -> None:
        """Write that *gateway* runs."""
        with self._database() as database:
            _put(database, "running", msgspec.json.encode(gateway))

    def forget_running(self) -> None:
        """Write that no gateway runs."""
        with self._database() as database:
            database.execute("DELETE FROM facts WHERE name = 'running'")


def _put(database: sqlite3.Connection, name: str, value: bytes) -> None:
    database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def read_statuses(folder: Path) -> Recorded:
    """Return what was recorded in *folder*; nothing when no gateway ever ran there."""
    if not (folder / DATABASE).exists():
        return Recorded()
    try:
        with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True, timeout=5)) as database:
            statuses = dict(database.execute("SELECT ref, status FROM statuses").fetchall())
            facts = dict(database.execute("SELECT name, value FROM facts").fetchall())
    except sqlite3.Error as error:
        raise StorageError(f"{folder / DATABASE} can't be read: {error}") from error
    running = msgspec.json.decode(facts["running"], type=RunningGateway) if "running" in facts else None
    return Recorded(
        {ref: msgspec.json.decode(status, type=Status) for ref, status in statuses.items()},
        msgspec.json.decode(facts.get("problems", b"[]"), type=tuple[Problem, ...]),
        running if running is not None and _is_held(folder / LOCK) else None,
    )


def read_discovered(folder: Path) -> dict[str, Known]:
    """Return what was known last of upstreams whose functions are discovered, by name."""
    if not (folder / DATABASE).exists():
        return {}
    try:
        with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True, timeout=5)) as database:
            rows = dict(database.execute("SELECT upstream, known FROM discovered").fetchall())
    except sqlite3.Error as error:
        if "no such table" in str(error):  # an earlier version made it
            return {}
        raise StorageError(f"{folder / DATABASE} can't be read: {error}") from error
    return {name: known for name, row in rows.items() if (known := _known(row)) is not None}


def _known(row: bytes) -> Known | None:
    """Return what a row says; None for one of another version, as if the upstream had never been asked."""
    try:
        return msgspec.json.decode(row, type=Known)
    except msgspec.DecodeError:
        return None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise StorageError(
            f"{folder}: gloo can't keep its state here: {error.strerror} (give another place by --state-dir)"
        ) from error


def _locked(path: Path) -> int:
    """Take the lock of a folder; it is gone with the process that holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 32).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise StorageError(
            f"{path.parent}: a gateway runs here already, process {holder} (stop it, or give --state-dir)"
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _is_held(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
