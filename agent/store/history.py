"""Sums of quarters of an hour, and history read from them.

A value holds until the next row of its series; a row without a value ends it. So the mean is
weighted by time, and what nobody knows is left out rather than guessed.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from agent.model.readings import DeviceId
from agent.store.connection import number, transaction
from agent.store.samples import QUARTER_S, SampleRow, Series
from agent.store.values import Bucket

_SUMS = """
WITH span AS (
    SELECT series, t, value, coalesce(lead(t) OVER w, :ends) - t AS held_s
    FROM raw WHERE t >= :starts AND t < :ends {only}
    WINDOW w AS (PARTITION BY series ORDER BY t)
), known AS (
    SELECT *, max(t) OVER (PARTITION BY series) AS latest FROM span WHERE value IS NOT NULL
)
SELECT series, :q, CAST(round(sum(1.0 * value * held_s) / sum(held_s)) AS INTEGER),
    min(value), max(value), max(CASE WHEN t = latest THEN value END), sum(held_s)
FROM known GROUP BY series
"""
_ROLL_UP = (
    "INSERT OR REPLACE INTO quarter (series, q, mean, low, high, last, known_s)"
    + _SUMS.format(only="")
)
_ONE_SERIES = _SUMS.format(only="AND series = :series")

_QuarterRow = tuple[int, int, int, int, int, int]
"""q, mean, low, high, last, known_s; scaled integers."""


def dirty_before(db: sqlite3.Connection, t: int) -> list[int]:
    """Quarters that ended by `t` and must be summed up again, oldest first."""
    rows = db.execute("SELECT q FROM dirty WHERE q < ? ORDER BY q", (t // QUARTER_S,))
    return [q for (q,) in rows]


def roll_up(db: sqlite3.Connection, q: int) -> None:
    """Sum up one quarter from its raw rows."""
    with transaction(db):
        db.execute(_ROLL_UP, _span(q, (q + 1) * QUARTER_S))
        db.execute("DELETE FROM dirty WHERE q = ?", (q,))


def known_series(db: sqlite3.Connection) -> dict[tuple[DeviceId, str], Series]:
    rows = db.execute("SELECT device, name, id, decimals FROM series")
    return {(DeviceId(d), name): Series(n, decimals) for d, name, n, decimals in rows}


def gaps(db: sqlite3.Connection) -> list[SampleRow]:
    """Rows which end, one second after the last sign of life, what was held at that time."""
    if not number(db, "SELECT EXISTS (SELECT 1 FROM raw)"):
        return []
    latest = number(db, "SELECT max(t) FROM raw")
    starts = latest - latest % QUARTER_S
    held = db.execute("SELECT DISTINCT series FROM raw WHERE t >= ?", (starts,))
    return [(latest + 1, series, None) for (series,) in held]


def read_buckets(
    db: sqlite3.Connection,
    series: Series,
    start: datetime,
    end: datetime,
    step_s: int,
) -> list[Bucket]:
    """History of one series from `start` to `end`, ascending, steps without a value left out.

    Steps are aligned to the Unix epoch. Quarters not summed up yet are summed on the way.

    Raises:
        ValueError: `step_s` is no whole number of quarters.
    """
    if step_s <= 0 or step_s % QUARTER_S:
        raise ValueError(f"step_s is {step_s}: it must be a multiple of {QUARTER_S}")
    first, behind = int(start.timestamp()) // QUARTER_S, -int(-end.timestamp() // QUARTER_S)
    found: dict[int, _QuarterRow] = {
        row[0]: row
        for row in db.execute(
            "SELECT q, mean, low, high, last, known_s FROM quarter "
            "WHERE series = ? AND q >= ? AND q < ?",
            (series.number, first, behind),
        )
    }
    dirty = db.execute("SELECT q FROM dirty WHERE q >= ? AND q < ?", (first, behind))
    for (q,) in dirty.fetchall():
        ends = min((q + 1) * QUARTER_S, int(end.timestamp()))
        row = db.execute(_ONE_SERIES, {**_span(q, ends), "series": series.number}).fetchone()
        if row is not None:
            found[q] = row[1:]
    return _merge(sorted(found.values()), step_s, 10**series.decimals)


def read_raw(
    db: sqlite3.Connection, series: Series, start: datetime, end: datetime
) -> list[tuple[datetime, float | None]]:
    """The changes of one series; a value holds until the next, None is silence."""
    rows = db.execute(
        "SELECT t, value FROM raw WHERE t >= ? AND t < ? AND series = ? ORDER BY t",
        (int(start.timestamp()), int(end.timestamp()), series.number),
    )
    unit = 10**series.decimals
    return [(datetime.fromtimestamp(t, UTC), None if v is None else v / unit) for t, v in rows]


def _span(q: int, ends: int) -> dict[str, int]:
    return {"q": q, "starts": q * QUARTER_S, "ends": ends}


def _merge(quarters: Iterable[_QuarterRow], step_s: int, unit: int) -> list[Bucket]:
    per_step, steps = step_s // QUARTER_S, dict[int, list[_QuarterRow]]()
    for row in quarters:
        steps.setdefault(row[0] // per_step, []).append(row)
    return [_bucket(step * step_s, rows, unit) for step, rows in steps.items()]


def _bucket(t: int, rows: Sequence[_QuarterRow], unit: int) -> Bucket:
    known_s = sum(row[5] for row in rows)
    return Bucket(
        start=datetime.fromtimestamp(t, UTC),
        mean=sum(row[1] * row[5] for row in rows) / known_s / unit,
        low=min(row[2] for row in rows) / unit,
        high=max(row[3] for row in rows) / unit,
        last=rows[-1][4] / unit,
        known_s=known_s,
    )
