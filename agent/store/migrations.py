"""Bringing an older database up to date, one numbered script and one transaction at a time."""

import logging
import os
import sqlite3
from pathlib import Path

from agent.store.connection import number
from agent.store.values import StoreError

log = logging.getLogger(__name__)

SCRIPTS = {
    int(script.name[:4]): script
    for script in sorted((Path(__file__).parent / "schema").glob("[0-9][0-9][0-9][0-9]_*.sql"))
}
LATEST = max(SCRIPTS)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring `db` to LATEST; a copy of an older one is kept beside it first.

    Raises:
        StoreError: written by a newer Hearth or another program; or there is no room for the copy.
    """
    copies = f"{path.name}.schema-NNNN"
    version = refuse_foreign(db, path, f"put back a copy with hearth restore {copies}")
    if 0 < version < LATEST:
        copy = keep_copy(db, path, version)
        log.info("%s is brought from schema %d to %d; kept: %s", path, version, LATEST, copy.name)
    for wanted in range(version + 1, LATEST + 1):
        apply(db, wanted)


def refuse_foreign(db: sqlite3.Connection, path: Path, otherwise: str) -> int:
    """The schema of `db`, 0 for an empty one.

    Args:
        otherwise: what else may be done about a newer one than to install its Hearth.

    Raises:
        StoreError: written by a newer Hearth or another program.
    """
    version = number(db, "PRAGMA user_version")
    if version > LATEST:
        raise StoreError(
            f"{path} was written by a newer Hearth (schema {version}, this one knows {LATEST}). "
            f"Remedy: install that Hearth again, or {otherwise}"
        )
    if version == 0 and number(db, "SELECT count(*) FROM sqlite_master"):
        raise StoreError(
            f"{path} is another program's database. Remedy: give Hearth a folder of its own"
        )
    return version


def apply(db: sqlite3.Connection, wanted: int) -> None:
    """Run one script as one transaction."""
    script = SCRIPTS[wanted].read_text(encoding="utf-8")
    try:
        db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {wanted};\nCOMMIT;")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def keep_copy(db: sqlite3.Connection, path: Path, version: int) -> Path:
    """A consistent copy as NAME.schema-NNNN; an earlier one of that name is kept as well."""
    name, copy, tries = f"{path.name}.schema-{version:04d}", path, 0
    while copy.exists():
        copy = path.with_name(name if tries == 0 else f"{name}.{tries}")
        tries += 1
    try:
        write_copy(db, copy)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreError(
            f"{path} is older than this Hearth and there is no room for a copy before it is "
            f"changed ({error}). Remedy: free some space in {path.parent}"
        ) from error
    return copy


def write_copy(db: sqlite3.Connection, to: Path) -> None:
    """A consistent, compact copy, readable by its owner alone and on disk when this returns.

    Raises:
        FileExistsError: `to` is there already.
        OSError, sqlite3.Error: it could not be written; nothing is left behind.
    """
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        db.execute("VACUUM INTO ?", (str(to),))
        file = os.open(to, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
