"""Where Hearth remembers: facts, samples, history. One SQLite file, one writer."""

from agent.store.outbox import Outbox
from agent.store.outbox_reading import Dropped, OutboxRow
from agent.store.store import Store
from agent.store.telemetry import Gap, Stretch, Telemetry
from agent.store.values import (
    Bucket,
    Change,
    CounterRow,
    Persisted,
    SecondPendingAction,
    Setting,
    StoreError,
    StoreFull,
)

__all__ = [
    "Bucket",
    "Change",
    "CounterRow",
    "Dropped",
    "Gap",
    "Outbox",
    "OutboxRow",
    "Persisted",
    "SecondPendingAction",
    "Setting",
    "Store",
    "StoreError",
    "StoreFull",
    "Stretch",
    "Telemetry",
]
