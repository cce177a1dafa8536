"""Samples in the store: each (resource, series, instant) once, and how far they are complete.

A resource's reach grows with each stretch that begins inside it or whose gap explains the space
between; what begins beyond waits as `ahead` until the hole is filled. Only the reach is acked.
"""

import sqlite3

from simulators.cloud.wire import Stretch


def keep(db: sqlite3.Connection, agent: str, resource: str, stretch: Stretch) -> None:
    """Store a stretch; a repeat changes nothing."""
    _keep_samples(db, agent, resource, stretch)
    pieces = [(stretch.from_us, stretch.to_us, stretch.to_text)]
    if stretch.gap is not None:
        db.execute("INSERT OR IGNORE INTO gap VALUES (?,?,?,?,?)", (agent, resource, *stretch.gap))
        pieces.insert(0, (stretch.gap[0], stretch.gap[1], ""))
    key = (agent, resource)
    db.execute(
        "INSERT OR IGNORE INTO reach VALUES (?,?,?,?,?,0)",
        (*key, stretch.from_us, stretch.from_us, stretch.to_text),
    )
    db.execute("UPDATE reach SET messages=messages+1 WHERE agent_id=? AND resource=?", key)
    db.executemany("INSERT OR IGNORE INTO ahead VALUES (?,?,?,?,?)", [(*key, *p) for p in pieces])
    _extend(db, key)


def reach(db: sqlite3.Connection, agent: str, resource: str | None = None) -> dict[str, str]:
    """Up to when all samples are stored, as the agent wrote it; of one or of all resources."""
    rows = db.execute(
        "SELECT resource, to_text FROM reach WHERE agent_id=? AND resource=coalesce(?, resource)",
        (agent, resource),
    )
    return dict(rows.fetchall())


def _extend(db: sqlite3.Connection, key: tuple[str, str]) -> None:
    """Absorb what touches the reach."""
    where = "WHERE agent_id=? AND resource=?"
    (to_us,) = db.execute(f"SELECT to_us FROM reach {where}", key).fetchone()  # noqa: S608
    while True:
        row = db.execute(
            f"SELECT to_us, max(to_text) FROM ahead {where} AND from_us<=?"  # noqa: S608
            " GROUP BY to_us ORDER BY to_us DESC LIMIT 1",
            (*key, to_us),
        ).fetchone()
        if row is None:
            return
        db.execute(f"DELETE FROM ahead {where} AND from_us<=?", (*key, to_us))  # noqa: S608
        if row[0] >= to_us:
            to_us = row[0]
            db.execute(
                f"UPDATE reach SET to_us=?, to_text=coalesce(nullif(?,''), to_text) {where}",  # noqa: S608
                (to_us, row[1], *key),
            )


def _keep_samples(db: sqlite3.Connection, agent: str, resource: str, stretch: Stretch) -> None:
    names = {name for name, _, _ in stretch.samples}
    numbers = {name: _series(db, agent, resource, name) for name in names}
    repeated = changed = 0
    for name, at_us, value in stretch.samples:
        row = (numbers[name], at_us, value)
        if db.execute("INSERT OR IGNORE INTO sample VALUES (?,?,?)", row).rowcount == 0:
            repeated += 1
            kept = db.execute(
                "SELECT 1 FROM sample WHERE series_id=? AND at_us=? AND value IS ?", row
            )
            changed += kept.fetchone() is None
    db.execute(
        "UPDATE agent SET samples_repeated=samples_repeated+?, samples_changed=samples_changed+?"
        " WHERE agent_id=?",
        (repeated, changed, agent),
    )


def _series(db: sqlite3.Connection, agent: str, resource: str, name: str) -> int:
    key = (agent, resource, name)
    db.execute("INSERT OR IGNORE INTO series (agent_id, resource, name) VALUES (?,?,?)", key)
    number: int = db.execute(
        "SELECT series_id FROM series WHERE agent_id=? AND resource=? AND name=?", key
    ).fetchone()[0]
    return number
