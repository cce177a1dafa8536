"""The second connection, for history and backups: opened when first needed, never writes, so a
long look back delays no fact."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from agent.store.connection import Worker, connect_reader
from agent.store.migrations import write_copy
from agent.store.values import StoreError

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

    async def backup(self, to: Path) -> None:
        """Raises:
        StoreError: `to` exists or cannot be written; nothing is left behind.
        """
        try:
            await self.read(partial(write_copy, to=to))
        except FileExistsError as error:
            raise StoreError(f"{to} exists. Remedy: name a new file for the backup") from error
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(
                f"{to} cannot be written ({error}). Remedy: choose a folder that Hearth may write, "
                "with room for the copy"
            ) from error

    async def close(self) -> None:
        if self._worker is not None:
            await self._worker.close()
            self._worker = None
