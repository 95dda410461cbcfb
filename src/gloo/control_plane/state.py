"""What gloo remembers about a folder, in a database beside it: never in the user's files.

It holds the last good form of each document, and of each object that is Rejected as a whole in such a document; the
verdict on each object, since when each virtual service is known, the functions that were discovered, and which gateway
runs. A reader needs no running gateway; a writer is the one gateway that holds the lock.
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

from gloo.control_plane.reader import Key
from gloo.discovery.known import Known
from gloo.errors import StorageError
from gloo.model.codec import ConfigObject, written
from gloo.model.source import Document
from gloo.model.status import Problem, Status

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forms (
  kind TEXT, object TEXT, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, object)
);
CREATE TABLE IF NOT EXISTS seen (virtual_service TEXT PRIMARY KEY, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS served (secret TEXT PRIMARY KEY, certificate TEXT NOT NULL);
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


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier run of a gateway left for the next one.

    Args:
        documents: the last good form of each document.
        forms: by kind and name the last good form of objects that were Rejected as a whole, each alone in a document.
        seen: when each virtual service was first seen, in seconds since 1970.
        served: a digest of the certificate that served, by the name of its secret.
    """

    documents: Mapping[str, Document] = field(default_factory=dict)
    forms: Mapping[Key, Document] = field(default_factory=dict)
    seen: Mapping[str, float] = field(default_factory=dict)
    served: Mapping[str, str] = field(default_factory=dict)


_NO_FORMS: Mapping[Key, ConfigObject] = {}
_NOBODY: Mapping[str, float] = {}
_NOTHING: Mapping[str, str] = {}


class StateFolder:
    """The writer's side: open while a gateway runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = -1
        self._statuses: dict[str, Status] = {}
        self._documents: dict[str, Document] = {}
        self._forms: Mapping[Key, ConfigObject] | None = None  # none is written yet in this run
        self._seen: Mapping[str, float] = {}
        self._served: Mapping[str, str] = {}
        self.remembered = Remembered()
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
                self.remembered = _remembered(database)
            self._documents, self._seen = dict(self.remembered.documents), self.remembered.seen
            self._served = self.remembered.served
            yield self
        finally:
            self.forget_running()
            os.close(self._lock)

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

    def record(
        self,
        statuses: Mapping[str, Status],
        problems: tuple[Problem, ...],
        documents: Mapping[str, Document],
        *,
        forms: Mapping[Key, ConfigObject] = _NO_FORMS,
        seen: Mapping[str, float] = _NOBODY,
        served: Mapping[str, str] = _NOTHING,
    ) -> None:
        """Write what changed since the last record: verdicts, findings about files, and what `Remembered` holds.

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
            self._write_forms(database, forms)
            self._write_seen(database, seen)
            self._write_served(database, served)
            _put(database, "problems", msgspec.json.encode(problems))
            database.execute("COMMIT")
        self._statuses, self._documents = dict(statuses), dict(documents)
        self._forms, self._seen, self._served = forms, seen, served

    def _write_forms(self, database: sqlite3.Connection, forms: Mapping[Key, ConfigObject]) -> None:
        if self._forms is None:
            database.execute("DELETE FROM forms")
        before = self._forms or {}
        rows = [
            (*key, form.source.document.name, msgspec.json.encode(written(form)).decode())
            for key, form in forms.items()
            if before.get(key) is not form
        ]
        database.executemany("INSERT OR REPLACE INTO forms VALUES (?, ?, ?, ?)", rows)
        database.executemany("DELETE FROM forms WHERE kind = ? AND object = ?", before.keys() - forms.keys())

    def _write_seen(self, database: sqlite3.Connection, seen: Mapping[str, float]) -> None:
        if seen is not self._seen:
            database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?)", seen.items() - self._seen.items())
            gone = ((name,) for name in self._seen.keys() - seen.keys())
            database.executemany("DELETE FROM seen WHERE virtual_service = ?", gone)

    def _write_served(self, database: sqlite3.Connection, served: Mapping[str, str]) -> None:
        database.executemany("INSERT OR REPLACE INTO served VALUES (?, ?)", served.items() - self._served.items())
        gone = ((name,) for name in self._served.keys() - served.keys())
        database.executemany("DELETE FROM served WHERE secret = ?", gone)

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


def read_remembered(folder: Path) -> Remembered:
    """Return what a gateway of *folder* left for the next one, without being one; raises StorageError."""
    if not (folder / DATABASE).exists():
        return Remembered()
    try:
        with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True, timeout=5)) as database:
            return _remembered(database)
    except sqlite3.Error as error:
        if "no such table" in str(error):  # an earlier version made it
            return Remembered()
        raise StorageError(f"{folder / DATABASE} can't be read: {error}") from error


def _remembered(database: sqlite3.Connection) -> Remembered:
    documents = database.execute("SELECT name, text, kind FROM documents").fetchall()
    forms = database.execute("SELECT kind, object, name, text FROM forms").fetchall()
    seen = database.execute("SELECT virtual_service, since FROM seen").fetchall()
    served = database.execute("SELECT secret, certificate FROM served").fetchall()
    return Remembered(
        {name: Document(name, text, kind) for name, text, kind in documents},
        {(kind, each): Document(name, text, kind) for kind, each, name, text in forms},
        dict(seen),
        dict(served),
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
