"""The plans of smart charging as they are on the disk, for whoever asks about the past."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

import orjson

_ALL = "SELECT doc FROM plan ORDER BY created_s, rowid"
_ONE = "SELECT doc FROM plan WHERE device = ? AND id = ?"
_LATEST = "SELECT doc FROM plan WHERE device = ? ORDER BY created_s DESC, rowid DESC LIMIT 1"


def all_plans(db: sqlite3.Connection) -> Iterator[Mapping[str, Any]]:
    """As JSON has them, oldest first, the running ones among them."""
    for (doc,) in db.execute(_ALL):
        yield orjson.loads(doc)


def plan_of_device(
    db: sqlite3.Connection, device: str, plan_id: str | None
) -> Mapping[str, Any] | None:
    """One plan of a device as JSON has it; None if there is none.

    Args:
        plan_id: None = the latest one.
    """
    sql, params = (_LATEST, (device,)) if plan_id is None else (_ONE, (device, plan_id))
    row = db.execute(sql, params).fetchone()
    found: Mapping[str, Any] | None = None if row is None else orjson.loads(row[0])
    return found


Doc = Mapping[str, Any] | None
Read = Callable[[Callable[[sqlite3.Connection], Doc]], Awaitable[Doc]]


class Plans:
    """Args:
    read: runs a look at the database beside the writer.
    """

    def __init__(self, read: Read) -> None:
        self._read = read

    async def find(self, device: str, plan_id: str | None) -> Doc:
        """See plan_of_device."""
        return await self._read(partial(plan_of_device, device=device, plan_id=plan_id))
