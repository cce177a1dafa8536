"""The second connection, for history and backups: opened when first needed, never writes, so a
long look back delays no fact."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from agent.store.connection import Worker, connect_reader

T = TypeVar("T")


class Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._worker: Worker | None = None
        self._opening = asyncio.Lock()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._opening:
            if self._worker is None:
                worker = Worker(partial(connect_reader, self._path))
                await worker.begin()
                self._worker = worker
        return await self._worker.whole(work)

    async def close(self) -> None:
        if self._worker is not None:
            await self._worker.close()
            self._worker = None
