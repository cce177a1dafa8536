"""The one connection that writes, and how its faults are told apart.

aiosqlite runs all calls of a connection in one thread. Two tasks that each await begin, insert
and commit would interleave there, so a transaction is always handed over whole, as one function.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import aiosqlite

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
CACHE_KB = 1024
PAGE_BYTES = 4096

_DISK_CODES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
    }
)
_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Worker(aiosqlite.Connection):
    """A connection that takes whole pieces of work.

    Its thread does not keep the process alive: a memory card that hangs must not hinder an exit,
    and SQLite survives that as it survives kill -9.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(self._attempt, iter_chunk_size=64)
        self._thread.daemon = True
        self._open = connector
        self._fault: BaseException | None = None
        self._working, self._finished_s = False, time.monotonic()

    async def begin(self) -> None:
        """Start the thread and open the connection in it.

        Raises:
            whatever the connector raises; the thread is gone then.
        """
        await self
        if self._fault is not None:
            await self.close()
            raise self._fault

    def _attempt(self) -> sqlite3.Connection:
        # aiosqlite does not wait for its thread when a connector raises; the thread would then
        # report to a loop that may be closed by that time.
        try:
            return self._open()
        except BaseException as error:  # noqa: BLE001 -- raised again by begin()
            self._fault = error
            return sqlite3.connect(":memory:", check_same_thread=False)

    async def whole(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the connection's thread; a cancelled caller does not stop it."""
        return cast("T", await self._execute(self._marked, work, self._conn))  # type: ignore[no-untyped-call]

    def idle_s(self) -> float:
        """Seconds since the thread finished its last work; 0 while it is at work, and so waits
        for nobody but the disk."""
        return 0.0 if self._working else time.monotonic() - self._finished_s

    async def leave(self, within_s: float) -> bool:
        """Close after all that was asked; False when that did not happen in time, as with a disk
        that hangs: the thread then ends by itself, or with the process."""
        closed = True
        try:
            async with asyncio.timeout(within_s):
                await self.whole(sqlite3.Connection.close)
        except TimeoutError:
            closed = False
        self._connection = None
        stopped = self.stop()
        if closed and stopped is not None:
            await stopped
        return closed

    def _marked(self, work: Callable[[sqlite3.Connection], T], db: sqlite3.Connection) -> T:
        self._working = True
        try:
            return work(db)
        finally:
            self._finished_s, self._working = time.monotonic(), False


def connect(path: Path, quota_mb: int) -> sqlite3.Connection:
    """The writer: WAL, every commit on disk before it returns, never larger than its quota."""
    db = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses up to half a minute of commits on a power cut.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        db.execute(f"PRAGMA max_page_count = {quota_mb * 1024 * 1024 // page_bytes(db)}")
    except BaseException:
        db.close()
        raise
    return db


def connect_reader(path: Path) -> sqlite3.Connection:
    """A second connection that can neither write nor checkpoint.

    SQLite before 3.51.3 can corrupt a database when two connections checkpoint at once.
    """
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    db.execute("PRAGMA temp_store = MEMORY")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, on disk when it ends."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def number(db: sqlite3.Connection, sql: str) -> int:
    """The one integer that `sql` gives."""
    return int(db.execute(sql).fetchone()[0])


def page_bytes(db: sqlite3.Connection) -> int:
    return number(db, "PRAGMA page_size")


def is_full(error: sqlite3.Error) -> bool:
    return _code(error) == sqlite3.SQLITE_FULL


def is_disk_fault(error: sqlite3.Error) -> bool:
    """Whether the disk, not Hearth, is to blame, so that trying again later makes sense."""
    return _code(error) in _DISK_CODES


def is_corrupt(error: sqlite3.Error) -> bool:
    return _code(error) in _CORRUPT_CODES


def _code(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
