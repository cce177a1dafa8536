"""Putting a backup in the place of the database, so that no instant is without a whole one.

The backup is copied beside the database, checked and brought to this Hearth's schema there; only
then does it take the database's name. What stood there keeps its data under another name.
"""

import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.store.connection import is_disk_fault
from agent.store.files import HEADER, Files, beside, free_name
from agent.store.migrations import LATEST, apply, refuse_foreign
from agent.store.outbox_reading import mark_seq_ahead
from agent.store.start import read_start
from agent.store.values import StoreError

PARTS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Args:
    version: the backup's schema, before it was brought to LATEST.
    last_at: the newest instant that the backup knows; None when it has none.
    aside: where the replaced database is now; None when there was none.
    """

    version: int
    last_at: datetime | None
    aside: Path | None


def restore(source: Path, path: Path, stamp: datetime) -> Restored:
    """Replace the database at `path` by the backup at `source`, which stays as it is.

    Args:
        stamp: when this happens, for the name of what is replaced.

    Raises:
        StoreError: a Hearth runs, or the backup cannot be used; the database is as it was.
    """
    _refuse_itself(source, path)
    files = Files(path)
    files.take()
    staged = beside(path, ".restoring")
    try:
        _give_to_owner(beside(path, ".lock"))
        _remove(staged)
        _copy(source, staged)
        version, last_at = _prepare(staged, source)
        _give_to_owner(staged)
        aside = _keep_aside(path, stamp)
        staged.replace(path)
        _sync(path.parent)
        files.suspect.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{source} cannot be restored ({error.strerror}: {error.filename}); {path} is as it "
            "was. Remedy: see that the backup can be read, and that there is room for a copy "
            f"of it in {path.parent}"
        ) from error
    finally:
        _remove(staged)
        files.release()
    return Restored(version=version, last_at=last_at, aside=aside)


def _refuse_itself(source: Path, path: Path) -> None:
    try:
        with source.open("rb") as file:
            header = file.read(len(HEADER))
    except OSError as error:
        raise StoreError(
            f"{source} cannot be read ({error.strerror}). Remedy: name a file made by hearth backup"
        ) from error
    if path.exists() and source.samefile(path):
        raise StoreError(f"{source} is the database itself. Remedy: name a file made by backup")
    if header != HEADER:
        raise StoreError(f"{source} is no database. Remedy: name a file made by hearth backup")


def _copy(source: Path, staged: Path) -> None:
    """The bytes, and those of a WAL that was kept with them."""
    for suffix in ("-wal", ""):
        part = beside(source, suffix)
        if not part.exists():
            continue
        out = os.open(beside(staged, suffix), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with part.open("rb") as reading, os.fdopen(out, "wb") as writing:
            shutil.copyfileobj(reading, writing)


def _prepare(staged: Path, source: Path) -> tuple[int, datetime | None]:
    """Check the copy and bring it up to date; it is one file and on disk afterwards."""
    try:
        db = sqlite3.connect(staged, isolation_level=None)
        try:
            version = _check(db, source)
            for wanted in range(version + 1, LATEST + 1):
                apply(db, wanted)
            mark_seq_ahead(db)
            last_at = read_start(db).persisted.last_at
            db.execute("PRAGMA journal_mode = DELETE").fetchall()  # takes the WAL in
        finally:
            db.close()
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        if isinstance(error, sqlite3.Error) and is_disk_fault(error):
            raise StoreError(
                f"{source} cannot be unpacked in {staged.parent} ({error}). Remedy: see that there "
                "is room, and that the disk can be written"
            ) from error
        raise StoreError(
            f"{source} is damaged or of another program ({error}). Remedy: take another backup"
        ) from error
    _sync(staged)
    return version, last_at


def _check(db: sqlite3.Connection, source: Path) -> int:
    version = refuse_foreign(db, source, f"restore {source.name} with that Hearth")
    if version == 0:
        raise StoreError(f"{source} is empty. Remedy: take another backup")
    found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(str(found).replace("\n", " "))
    return version


def _keep_aside(path: Path, stamp: datetime) -> Path | None:
    """Give the old database a second name; with it goes a WAL that cannot be folded into it."""
    aside = free_name(path, f"replaced-{stamp:%Y%m%d-%H%M%S}")
    if path.exists():
        _fold_wal(path)
    for suffix in PARTS:
        # Left behind, it would be replayed into the restored database.
        part = beside(path, suffix)
        if part.exists():
            part.rename(beside(aside, suffix))
    if not path.exists():
        return None
    try:
        os.link(path, aside)
    except OSError:  # a file system without links
        shutil.copyfile(path, aside)
        aside.chmod(0o600)
        _sync(aside)
    _give_to_owner(aside)
    return aside


def _fold_wal(path: Path) -> None:
    """Closing the last connection takes the WAL in; a broken database keeps its WAL."""
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            return
    try:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return  # it is being replaced, perhaps for this very reason


def _give_to_owner(file: Path) -> None:
    """What root makes must belong to whom the folder belongs, or Hearth cannot open it."""
    if os.geteuid() == 0:
        owner = file.parent.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _remove(staged: Path) -> None:
    for suffix in (*PARTS, ""):
        beside(staged, suffix).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
