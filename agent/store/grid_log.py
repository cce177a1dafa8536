"""The log of the grid operator's orders: appended for good, each row chained to the one before."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from agent.model.limits import GridEntry
from agent.store.rows import RANK, Key, Row, encode

KEPT_DAYS = 731
"""§14a EnWG with BNetzA BK6-22-300: two years."""

_APPEND = "INSERT INTO grid_log (at_s, doc, previous, hash) VALUES (?, ?, ?, ?)"
_LAST = "SELECT hash FROM grid_log ORDER BY id DESC LIMIT 1"
_ALL = "SELECT at_s, doc, previous, hash FROM grid_log ORDER BY id"


class GridLog:
    """Args:
    last: hash of the newest row; "" = there is none.
    """

    def __init__(self, last: str) -> None:
        self._last, self._number = last, 0

    def rows(self, entries: Iterable[GridEntry]) -> dict[Key, Row]:
        """Rows in their order; each carries the hash of the one before."""
        rows: dict[Key, Row] = {}
        for entry in entries:
            at_s, doc, previous = entry.at.timestamp(), encode(entry), self._last
            self._last, self._number = chained(previous, at_s, doc), self._number + 1
            rows["grid", self._number] = Row(RANK, _APPEND, (at_s, doc, previous, self._last))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One row as it stands on the disk.

    Args:
        doc: the GridEntry as JSON has it.
        whole: whether it is as it was written and follows on the row before.
    """

    at: datetime
    doc: dict[str, Any]
    whole: bool


def last_hash(db: sqlite3.Connection) -> str:
    row = db.execute(_LAST).fetchone()
    return "" if row is None else str(row[0])


def read(db: sqlite3.Connection) -> Iterator[Logged]:
    """The whole log, oldest first. The first row may follow on one that was let go."""
    before: str | None = None
    for at_s, doc, previous, hash_ in db.execute(_ALL):
        whole = chained(previous, at_s, doc) == hash_ and before in (None, previous)
        before = hash_
        yield Logged(at=datetime.fromtimestamp(at_s, UTC), doc=orjson.loads(doc), whole=whole)


def chained(previous: str, at_s: float, doc: str) -> str:
    """SHA-256 over the row and the hash of the one before."""
    return sha256(f"{previous}\n{at_s!r}\n{doc}".encode()).hexdigest()
