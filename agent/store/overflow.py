"""Keeping the outbox within its bounds; see tombstones.py for what may go.

Used by the writer's thread alone.
"""

import sqlite3

from agent.store.connection import number, transaction
from agent.store.outbox_rows import OUTBOX, last_seq, newest_of
from agent.store.rows import Rows
from agent.store.tombstones import Slot, Tombstone, joined

CHUNK_ROWS = 2_000
CHUNKS_AT_ONCE = 20
ROW_OVERHEAD_BYTES = 80
SAMPLED_ROWS = 100
ROOMY = 0.9  # of the bounds; a sweep stops there
LOOK_EVERY = 64
PATIENCE_SHARE = 20

_SLOTS = """SELECT seq, at_s, coalesce(from_seq, seq), coalesce(dropped, 0), resource, body IS NULL
FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?"""
_BURY = """UPDATE outbox SET body = NULL, resource = NULL, name = '', mono_s = NULL, from_seq = ?,
dropped = ? WHERE seq = ?"""
_NEWEST = "SELECT resource, max(seq) FROM outbox WHERE resource IS NOT NULL GROUP BY resource"
_MEAN = f"""SELECT coalesce(avg(size), 0) FROM
(SELECT length(body) AS size FROM outbox ORDER BY seq DESC LIMIT {SAMPLED_ROWS})"""  # noqa: S608


def hidden(db: sqlite3.Connection) -> int:
    """How many more numbers than rows the outbox has, because of tombstones."""
    return number(db, "SELECT coalesce(sum(seq - from_seq), 0) FROM outbox WHERE body IS NULL")


def outbox_bytes(db: sqlite3.Connection) -> float:
    """About how much the outbox holds; without reading it all."""
    first, last = db.execute("SELECT min(seq), max(seq) FROM outbox").fetchone()
    if first is None:
        return 0.0
    mean_bytes = float(db.execute(_MEAN).fetchone()[0])
    first_of_first = number(db, "SELECT coalesce(from_seq, seq) FROM outbox ORDER BY seq LIMIT 1")
    rows = last - first_of_first + 1 - hidden(db)
    return float(rows * (mean_bytes + ROW_OVERHEAD_BYTES))


class Overflow:
    """Args:
    cap_bytes: what the outbox may hold before needless events go.
    chunk_rows: how many rows one transaction looks at.
    """

    def __init__(self, cap_bytes: float, chunk_rows: int = CHUNK_ROWS) -> None:
        self._chunk_rows = chunk_rows
        self._cap_bytes = self._bound_bytes = cap_bytes
        self._newest: dict[str, int] | None = None
        self._swept_to = 0
        self._seen_seq = self._quiet_until_seq = 0

    def saw(self, rows: Rows) -> None:
        """Events are on disk."""
        self._seen_seq = max(self._seen_seq, last_seq(rows))
        if self._newest is not None:
            self._newest |= newest_of(row for key, row in rows.items() if key[0] == OUTBOX)

    def keep_cap(self, db: sqlite3.Connection, coming: Rows) -> None:
        """Look at the size now and then, before `coming` is written."""
        last = last_seq(coming)
        if last // LOOK_EVERY <= self._seen_seq // LOOK_EVERY:
            return
        for _ in range(CHUNKS_AT_ONCE):
            if outbox_bytes(db) <= self._bound_bytes or not self.drop_some(db):
                self._bound_bytes = self._cap_bytes
                return
            self._bound_bytes = self._cap_bytes * ROOMY

    def drop_some(self, db: sqlite3.Connection) -> int:
        """Put tombstones in place of the next needless events; returns how many rows went, 0 at
        the end of the outbox. Then all that is left must stay, and it is not looked at again
        before there is more."""
        if self._seen_seq < self._quiet_until_seq:
            return 0
        while slots := self._slots(db, self._swept_to):
            last = slots[-1].seq
            gone = self._bury(db, joined(slots, self._newest_of(db)))
            self._swept_to = last - 1 if len(slots) > 1 else last
            if gone:
                return gone
        waiting = number(db, "SELECT coalesce(max(seq) - min(seq), 0) FROM outbox")
        self._swept_to = 0
        self._quiet_until_seq = self._seen_seq + max(LOOK_EVERY, waiting // PATIENCE_SHARE)
        return 0

    def drop_old(self, db: sqlite3.Connection, before_s: float) -> int:
        """The same for what is older than `before_s`, from the oldest on."""
        after = 0
        while slots := self._slots(db, after):
            gone = self._bury(db, joined(slots, self._newest_of(db), before_s))
            if gone or all(slot.at_s >= before_s for slot in slots):
                return gone
            after = slots[-1].seq
        return 0

    def _newest_of(self, db: sqlite3.Connection) -> dict[str, int]:
        if self._newest is None:
            self._newest = dict(db.execute(_NEWEST))
        return self._newest

    def _bury(self, db: sqlite3.Connection, tombstones: list[Tombstone]) -> int:
        if not tombstones:
            return 0
        with transaction(db):
            for first, seq, dropped, _ in tombstones:
                db.execute("DELETE FROM outbox WHERE seq >= ? AND seq < ?", (first, seq))
                db.execute(_BURY, (first, dropped, seq))
        return sum(tombstone.rows for tombstone in tombstones)

    def _slots(self, db: sqlite3.Connection, after: int) -> list[Slot]:
        return [
            Slot(seq, at_s, first, dropped, resource, bool(gone))
            for seq, at_s, first, dropped, resource, gone in db.execute(
                _SLOTS, (after, self._chunk_rows)
            )
        ]
