"""The files around the database: folder, lock, ballast, and what is done with a broken one."""

import fcntl
import logging
import os
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import IO

from agent.store.connection import connect, is_corrupt, is_disk_fault
from agent.store.migrations import migrate
from agent.store.outbox_reading import mark_seq_ahead
from agent.store.start import read_start
from agent.store.values import StoreError

log = logging.getLogger(__name__)

BALLAST_BYTES = 256 * 1024
CHECK_BUDGET_S = 1.0
SUSPECT_CHECK_BUDGET_S = 20.0
HEADER = b"SQLite format 3\0"
_STEPS_BETWEEN_LOOKS = 20_000


def _private(path: Path, flags: int) -> int:
    """Open a file that nobody else may read, and make it if need be."""
    return os.open(path, os.O_CREAT | flags, 0o600)


class Ballast:
    """Room kept for the day when the disk is full: without it not even a DELETE would fit."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def restore(self) -> bool:
        """Have the ballast on disk; False when there is no room for it."""
        try:
            if self.path.exists() and self.path.stat().st_size == BALLAST_BYTES:
                return True
            with os.fdopen(_private(self.path, os.O_TRUNC | os.O_WRONLY), "wb") as file:
                file.write(b"\xa5" * BALLAST_BYTES)  # not zeros: a file of holes holds no room
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("%s cannot be removed: %s", self.path, error)


class Files:
    """Everything that lies beside the database; one Hearth at a time may hold them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ballast = Ballast(beside(path, ".ballast"))
        self.suspect = beside(path, ".suspect")
        self._lock: IO[bytes] | None = None

    def take(self) -> None:
        """Make the folder and hold the lock.

        Raises:
            StoreError: no right to write there, or another Hearth is running.
        """
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.fdopen(_private(beside(self.path, ".lock"), os.O_WRONLY), "wb")
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be written ({error.strerror}). Remedy: make it belong to the "
                f"user that Hearth runs as (chown), or set another folder in the config file"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StoreError(
                f"{self.path} is in use by another Hearth. Remedy: stop that one first"
            ) from error
        self._lock = lock

    def blames_disk(self, error: sqlite3.Error) -> bool:
        """Whether the disk, not Hearth, is to blame for `error`, so that trying again later makes
        sense.

        SQLite also calls it damage when the disk fails to read (vdbe.c, SQLITE_IOERR_CORRUPTFS).
        The disk is to blame if it does not even take the mark that is left of damage: a Hearth
        that started again could not set the database aside, nor steer anything.
        """
        return is_disk_fault(error) or (is_corrupt(error) and not self.mark_suspect())

    def mark_suspect(self) -> bool:
        """Have the next start look at the database more closely; False when the disk fails."""
        try:
            self.suspect.touch()
        except OSError:
            return False
        return True

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def open_database(self, quota_mb: int, stamp: datetime) -> sqlite3.Connection:
        """The database, migrated and readable; a broken one is set aside for a new one.

        Raises:
            StoreError: it cannot be used and the message says why.
        """
        try:
            return self._open(quota_mb)
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise self._explain(error) from error
            aside = self._set_aside(stamp)
            log.error(  # noqa: TRY400 -- an installer's message, the trace says nothing more
                "%s is damaged (%s); it is kept as %s and Hearth starts with an empty one: "
                "history and counters begin anew",
                self.path,
                error,
                aside.name,
            )
        try:
            db = self._open(quota_mb)
            mark_seq_ahead(db)
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from error
        return db

    def _open(self, quota_mb: int) -> sqlite3.Connection:
        unclean = _size(beside(self.path, "-wal")) > 0
        self._create()
        self._look_at_header(unclean=unclean)
        try:
            db = connect(self.path, quota_mb)
        except sqlite3.OperationalError as error:
            if not is_disk_fault(error):
                raise
            self.ballast.release()  # the WAL's index needs room even to read
            db = connect(self.path, quota_mb)
        try:
            migrate(db, self.path)
            if self.suspect.exists():
                check(db, SUSPECT_CHECK_BUDGET_S)
                self.suspect.unlink()
            elif unclean:
                check(db, CHECK_BUDGET_S)
            read_start(db)
            self.ballast.restore()
        except BaseException:
            db.close()
            raise
        return db

    def _create(self) -> None:
        try:
            os.close(_private(self.path, os.O_RDWR))
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be opened ({error.strerror}). Remedy: it must be a file "
                f"that the user of Hearth may read and write"
            ) from error

    def _look_at_header(self, *, unclean: bool) -> None:
        # Before SQLite opens it: it would delete the WAL of a file that it does not recognise.
        with self.path.open("rb") as file:
            header = file.read(len(HEADER))
        if header != HEADER and (header or unclean):
            raise _damage("file is not a database", sqlite3.SQLITE_NOTADB)

    def _set_aside(self, stamp: datetime) -> Path:
        aside = free_name(self.path, f"corrupt-{stamp:%Y%m%d-%H%M%S}")
        # The WAL goes first: left behind it would be replayed into the new database.
        for suffix in ("-wal", "-shm", ""):
            part = beside(self.path, suffix)
            if part.exists():
                part.rename(beside(aside, suffix))
        self.suspect.unlink(missing_ok=True)
        return aside

    def _explain(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"{self.path} cannot be opened ({error}). Remedy: see that its disk has free space "
            f"and can be written"
        )


def check(db: sqlite3.Connection, budget_s: float) -> None:
    """Look for damage as far as the time allows.

    Raises:
        sqlite3.DatabaseError: damage was found; with the code SQLITE_CORRUPT.
    """
    ends = time.monotonic() + budget_s
    db.set_progress_handler(lambda: int(time.monotonic() > ends), _STEPS_BETWEEN_LOOKS)
    try:
        found = db.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        log.info("the database is too large to be checked whole at the start; no damage so far")
        return
    finally:
        db.set_progress_handler(None, 0)
    if found != [("ok",)]:
        raise _damage(str(found[0][0]).replace("\n", " "), sqlite3.SQLITE_CORRUPT)


def _damage(what: str, code: int) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = code
    return error


def beside(path: Path, suffix: str) -> Path:
    """The file that belongs to `path` by its name."""
    return path.with_name(path.name + suffix)


def free_name(path: Path, what: str) -> Path:
    """PATH.WHAT, or with a number behind it where that one exists."""
    name, tries = beside(path, f".{what}"), 0
    while name.exists():
        tries += 1
        name = beside(path, f".{what}.{tries}")
    return name


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
