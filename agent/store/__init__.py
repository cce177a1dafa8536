"""Where Hearth remembers: facts, samples, history. One SQLite file, one writer."""

from agent.store.store import Store
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
    "Persisted",
    "SecondPendingAction",
    "Setting",
    "Store",
    "StoreError",
    "StoreFull",
]
