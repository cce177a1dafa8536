"""What is thrown away, and when: raw samples first, then events that newer ones made needless;
actions and transactions never.

Everything goes in small chunks, each a transaction of its own, so that facts slip in between.
"""

import math
import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from agent.model.clock import Now
from agent.store.connection import number, transaction
from agent.store.grid_log import KEPT_DAYS
from agent.store.history import dirty_before, roll_up
from agent.store.overflow import Overflow
from agent.store.rows import META
from agent.store.samples import QUARTER_S

CHUNK_ROWS = 2_000
DAY_S = 86_400
JOURNAL_DAYS = 400
QUARTER_DAYS = 1_100
PLAN_DAYS = 1_100
EXECUTED_DAYS = 7  # docs/cloud-protocol.md, Commands
EVENT_DAYS = 30
LOST_DAYS = 40
RAW_FROM = "raw_from_s"
STEADY_AFTER_S = 3600.0
JUMP_S = float(DAY_S)
SAMPLES_SHARE = 0.94  # of the quota; the rest belongs to facts
ROOMY_SHARE = 0.90

# The newest one is of this process, or of one that ended just now.
_FORGET_RUNS = """DELETE FROM run WHERE id < (SELECT max(id) FROM run)
AND id < coalesce((SELECT run FROM outbox ORDER BY seq LIMIT 1), id + 1)"""


@dataclass(slots=True)
class Steadiness:
    """Whether the wall clock may decide what is old.

    It may when it is trusted and has not jumped by more than a day within the last hour. After a
    start, the last stored stamp says whether it jumped while Hearth was away.
    """

    last_at_s: float | None
    _shift_s: float | None = None
    _since_mono_s: float = 0.0

    def see(self, now: Now) -> bool:
        """Judge one instant; returns whether the clock is steady."""
        at_s = now.at.timestamp()
        shift_s, before_s = at_s - now.mono_s, self._shift_s
        if not now.trusted:
            self._shift_s = None
            return False
        self._shift_s = shift_s
        if before_s is None:
            away_s = 0.0 if self.last_at_s is None else at_s - self.last_at_s
            if 0 <= away_s <= JUMP_S:
                self._since_mono_s = now.mono_s - STEADY_AFTER_S
            else:
                self._since_mono_s = now.mono_s
        elif abs(shift_s - before_s) > JUMP_S:
            self._since_mono_s = now.mono_s
        steady = now.mono_s - self._since_mono_s >= STEADY_AFTER_S
        if steady:
            self.last_at_s = at_s
        return steady


def sum_up_next(db: sqlite3.Connection, now: Now) -> bool:
    """Sum up the oldest finished quarter; False when there is none."""
    waiting = dirty_before(db, int(now.at.timestamp()))
    if waiting:
        roll_up(db, waiting[0])
    return bool(waiting)


def forget_next(db: sqlite3.Connection, now: Now, keep_raw_days: float, overflow: Overflow) -> bool:
    """Delete one chunk of what is too old; False when nothing is. Only with a steady clock."""
    t = int(now.at.timestamp())
    raw_before = t - int(timedelta(days=keep_raw_days).total_seconds())
    return bool(
        _forget_raw(db, raw_before)
        or _chunk(db, "DELETE FROM raw WHERE t > ?", (t + DAY_S,))
        or _chunk(
            db,
            "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at_s < ? LIMIT ?)",
            (t - JOURNAL_DAYS * DAY_S, CHUNK_ROWS),
        )
        or _forget_quarters(db, (t - QUARTER_DAYS * DAY_S) // QUARTER_S)
        or overflow.drop_old(db, t - EVENT_DAYS * DAY_S)
        or _chunk(db, "DELETE FROM executed WHERE at_s < ?", (t - EXECUTED_DAYS * DAY_S,))
        or _chunk(db, "DELETE FROM lost WHERE to_s < ?", (t - LOST_DAYS * DAY_S,))
        or _chunk(db, "DELETE FROM grid_log WHERE at_s < ?", (t - KEPT_DAYS * DAY_S,))
        or _chunk(db, "DELETE FROM plan WHERE created_s < ?", (t - PLAN_DAYS * DAY_S,))
        or _chunk(db, _FORGET_RUNS, ())
    )


def make_room(db: sqlite3.Connection, overflow: Overflow) -> bool:
    """Delete one chunk, the least dear first, whatever its age; False when nothing is left."""
    newest = number(db, "SELECT coalesce(max(t), 0) FROM raw") + 1
    return bool(
        _forget_raw(db, newest)
        or overflow.drop_some(db)
        or _chunk(
            db,
            "DELETE FROM journal WHERE id IN (SELECT id FROM journal ORDER BY id LIMIT ?)",
            (CHUNK_ROWS,),
        )
        or _forget_quarters(db, math.inf)
    )


def used_share(db: sqlite3.Connection) -> float:
    """Pages in use as a share of the quota."""
    used = number(db, "PRAGMA page_count") - number(db, "PRAGMA freelist_count")
    return used / number(db, "PRAGMA max_page_count")


def _forget_raw(db: sqlite3.Connection, before: int) -> int:
    """Delete the oldest rows older than `before`; their quarters are summed up first."""
    row = db.execute(
        "SELECT t FROM raw WHERE t < ? ORDER BY t LIMIT 1 OFFSET ?", (before, CHUNK_ROWS)
    ).fetchone()
    ends = before if row is None else int(row[0])
    for q in dirty_before(db, ends + QUARTER_S):
        if q * QUARTER_S < ends:
            roll_up(db, q)
    last = db.execute("SELECT t FROM raw WHERE t < ? ORDER BY t DESC LIMIT 1", (ends,)).fetchone()
    if last is None:
        return 0
    with transaction(db):
        db.execute(META, (RAW_FROM, last[0] + 1))
        return db.execute("DELETE FROM raw WHERE t < ?", (ends,)).rowcount


def _oldest_quarter(db: sqlite3.Connection) -> int | None:
    # One look per series at the front of the index, not one over the whole table.
    oldest = db.execute(
        "SELECT min((SELECT min(q) FROM quarter WHERE quarter.series = series.id)) FROM series"
    ).fetchone()[0]
    return None if oldest is None else int(oldest)


def _forget_quarters(db: sqlite3.Connection, before: float) -> int:
    """Delete the oldest day's worth of quarters older than `before`."""
    oldest = _oldest_quarter(db)
    if oldest is None or oldest >= before:
        return 0
    ends = min(before, oldest + DAY_S // QUARTER_S)
    with transaction(db):
        return db.execute(
            "DELETE FROM quarter WHERE (series, q) IN (SELECT series.id, quarter.q FROM series "
            "JOIN quarter ON quarter.series = series.id AND quarter.q < ?)",
            (ends,),
        ).rowcount


def _chunk(db: sqlite3.Connection, sql: str, params: tuple[int, ...]) -> int:
    with transaction(db):
        return db.execute(sql, params).rowcount
