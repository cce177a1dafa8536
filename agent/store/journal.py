"""The journal as it is on the disk, for whoever asks about the past."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from agent.model.picture import JournalEntry
from agent.store.rows import decode_entry, decode_session

_BEFORE = """SELECT doc FROM journal WHERE device = ? AND at_s <= ?
ORDER BY at_s DESC, id DESC LIMIT ?"""
_AFTER = """SELECT doc FROM journal WHERE device = ? AND at_s > ? ORDER BY at_s, id LIMIT 1"""
_OLDEST = "SELECT min(at_s) FROM journal"
_DEVICES = "SELECT DISTINCT device FROM journal ORDER BY device"
_LAST = """SELECT max(at) FROM (SELECT max(at_s) AS at FROM journal
UNION ALL SELECT CAST(value AS REAL) FROM meta WHERE key = 'last_at_s')"""
_OF_CAR = """SELECT doc FROM session WHERE plugged_in_s <= ?
AND CASE WHEN json_valid(doc) THEN json_extract(doc, '$.vehicle') END = ?
ORDER BY plugged_in_s DESC LIMIT 1"""


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


def devices(db: sqlite3.Connection) -> tuple[str, ...]:
    """About which anything was decided."""
    return tuple(device for (device,) in db.execute(_DEVICES))


def last_seen_s(db: sqlite3.Connection) -> float | None:
    """Until when Hearth ran; None = nobody knows."""
    (at_s,) = db.execute(_LAST).fetchone()
    return None if at_s is None else float(at_s)


def charger_of(db: sqlite3.Connection, car: str, at: datetime) -> str | None:
    """On which charger a car hung at an instant; None = on none that is known."""
    row = db.execute(_OF_CAR, (at.timestamp(), car)).fetchone()
    if row is None:
        return None
    session = decode_session(row[0])
    left = session.plugged_out_at
    return session.charger if left is None or left > at else None
