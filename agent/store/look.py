"""Looking at a database without changing it: can this Hearth use it, and a copy of it."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from agent.store.connection import connect_reader
from agent.store.files import HEADER, Files
from agent.store.migrations import LATEST, refuse_foreign, write_copy
from agent.store.values import StoreError

ROOM_TO_SPARE = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A database that this Hearth can use.

    Args:
        version: its schema; None where there is no database yet.
        latest: the schema that the next start brings it to.
    """

    version: int | None
    latest: int = LATEST


class NotAllowed(Exception):
    """The user may not look at it, which says nothing against it."""


def look(path: Path) -> Found:
    """What the database at `path` is; a Hearth may be using it.

    Raises:
        NotAllowed: only its owner and root may.
        StoreError: this Hearth cannot use it, for the reason that the message gives.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            return Found(version=None)
        with path.open("rb") as file:
            header = file.read(len(HEADER))
    except PermissionError as error:
        raise NotAllowed(str(path)) from error
    if header != HEADER:
        raise StoreError(
            f"{path} is damaged or no database; Hearth would set it aside and begin anew. "
            "Remedy: hearth restore with the last backup"
        )
    version = _version(path)
    if version < LATEST:
        _need_room(path)
    return Found(version=version)


def copy_at_rest(path: Path, to: Path) -> None:
    """Copy a database that no Hearth uses, as it is: neither brought up to date nor mended.

    Raises:
        StoreError: a Hearth uses it, it is damaged, or `to` exists or cannot be written.
    """
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    files = Files(path)
    files.take()
    try:
        db = connect_reader(path)
        try:
            write_copy(db, to)
        finally:
            db.close()
    except FileExistsError as error:
        raise StoreError(f"{to} exists. Remedy: name a new file for the backup") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be copied to {to} ({error}). Remedy: see that the folder can be "
            "written and has room; a damaged database is replaced with hearth restore"
        ) from error
    finally:
        files.release()


def _version(path: Path) -> int:
    try:
        db = connect_reader(path)
        try:
            return refuse_foreign(db, path, f"hearth restore {path.name}.schema-NNNN")
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be read ({error}). Remedy: hearth restore with the last backup"
        ) from error


def _need_room(path: Path) -> None:
    """Before a database is changed it is copied."""
    needed = path.stat().st_size * ROOM_TO_SPARE
    if shutil.disk_usage(path.parent).free < needed:
        raise StoreError(
            f"{path} must be copied before it is brought up to date, and there is no room for "
            f"that. Remedy: free {needed / 1e6:.0f} MB in {path.parent}"
        )
