"""The journal as it is on the disk, for whoever asks about the past."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agent.model.picture import JournalEntry
from agent.store.rows import decode_entry

_BEFORE = """SELECT doc FROM journal WHERE device = ? AND at_s <= ?
ORDER BY at_s DESC, id DESC LIMIT ?"""
_AFTER = """SELECT doc FROM journal WHERE device = ? AND at_s > ? ORDER BY at_s, id LIMIT 1"""
_OLDEST = "SELECT min(at_s) FROM journal"


def around(
    db: sqlite3.Connection, device: str, at: datetime, many: int
) -> tuple[Sequence[JournalEntry], JournalEntry | None]:
    """The decisions about a device up to an instant, newest first, and the next one after it."""
    at_s = at.timestamp()
    before = [decode_entry(doc) for (doc,) in db.execute(_BEFORE, (device, at_s, many))]
    row = db.execute(_AFTER, (device, at_s)).fetchone()
    return before, None if row is None else decode_entry(row[0])


def oldest_s(db: sqlite3.Connection) -> float | None:
    """When the journal begins; None = it is empty."""
    found = db.execute(_OLDEST).fetchone()[0]
    return None if found is None else float(found)
