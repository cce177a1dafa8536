"""All that the store must read before it can work; damage to any of it shows at once."""

import sqlite3
from dataclasses import dataclass

from agent.model.driver import Transaction
from agent.model.readings import DeviceId
from agent.store import history, reading
from agent.store.connection import number
from agent.store.grid_log import last_hash
from agent.store.outbox_reading import OutboxStart, read_outbox_start
from agent.store.samples import SampleRow, Series
from agent.store.values import Persisted


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    persisted: Persisted
    series: dict[tuple[DeviceId, str], Series]
    gaps: list[SampleRow]
    charges: dict[int, tuple[str, Transaction]]
    highest_id: int
    notes: dict[tuple[str, str], str]
    outbox: OutboxStart
    cursors: dict[DeviceId, int]
    grid_hash: str


def read_start(db: sqlite3.Connection) -> Start:
    return Start(
        persisted=reading.load(db),
        series=history.known_series(db),
        gaps=history.gaps(db),
        charges=reading.open_charges(db),
        highest_id=number(db, "SELECT coalesce(max(id), 0) FROM charge"),
        notes={(t, k): doc for t, k, doc in db.execute("SELECT topic, key, doc FROM note")},
        outbox=read_outbox_start(db),
        cursors={DeviceId(d): to_s for d, to_s in db.execute("SELECT device, to_s FROM cursor")},
        grid_hash=last_hash(db),
    )
