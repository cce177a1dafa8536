"""Group commit: whoever finds nobody committing commits for all.

Facts of callers at the same time share one transaction and one fsync. The writer's thread
itself reports what became of a commit, so a caller that is cancelled in the middle of it neither
stops nor spoils it for the others.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from agent.store.connection import Worker, is_corrupt, is_disk_fault
from agent.store.disk import Disk, Outcome
from agent.store.files import Files
from agent.store.rows import Key, Row, without_oldest_journal
from agent.store.samples import SampleRow
from agent.store.values import StoreFull

log = logging.getLogger(__name__)

T = TypeVar("T")

JOURNAL_WAITING = 1000

Extra = Callable[[], tuple[dict[Key, Row], list[SampleRow]]]
"""What a full commit takes along: rows and samples, taken when it begins."""


@dataclass(slots=True)
class _Batch:
    """Facts that are committed together. `outcome` is set before `done`."""

    rows: dict[Key, Row] = field(default_factory=dict)
    everything: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Outcome | None = None


class Commits:
    """Args:
    extra: asked at each full commit.
    lost: told when samples were lost, with their number.
    """

    def __init__(
        self, writer: Worker, files: Files, extra: Extra, lost: Callable[[int], None]
    ) -> None:
        self.problem: str | None = None
        self.broken: BaseException | None = None
        self._writer, self._files = writer, files
        self._disk = Disk(files.path, files.ballast)
        self._extra, self._lost = extra, lost
        self._open = _Batch()
        self._inflight: _Batch | None = None

    @property
    def waiting(self) -> int:
        """Facts that are not on disk."""
        return len(self._open.rows)

    def put(self, rows: dict[Key, Row]) -> None:
        """Take rows for the next commit."""
        self._open.rows |= rows

    async def keep(self, rows: dict[Key, Row]) -> None:
        """Take rows and wait until they are on disk.

        Raises:
            StoreFull: they are not, but will be tried again with each commit.
        """
        self.put(rows)
        outcome = await self._tried(self._open)
        if not outcome.kept:
            raise StoreFull(outcome.problem)

    async def flush(self) -> None:
        """Try to commit all that waits, samples included."""
        self._open.everything = True
        await self._tried(self._open)

    async def attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something else on the writer's connection; `otherwise` when the disk is at fault.

        Raises:
            sqlite3.Error: a bug or a damaged database; the store writes no more.
        """
        try:
            return await self._writer.whole(work)
        except sqlite3.Error as error:
            if is_disk_fault(error):
                log.warning("%s: %s; will try again later", self._files.path, error)
                return otherwise
            self._break(error)
            raise

    async def _tried(self, batch: _Batch) -> Outcome:
        while batch.outcome is None:
            if self.broken is not None:
                raise RuntimeError("the store writes no more") from self.broken
            if self._inflight is None:
                await self._commit()
            else:
                await self._inflight.done.wait()
        return batch.outcome

    async def _commit(self) -> None:
        batch, self._open = self._open, _Batch()
        samples: list[SampleRow] = []
        if batch.everything:
            rows, samples = self._extra()
            batch.rows |= rows
        self._inflight = batch
        loop = asyncio.get_running_loop()

        def report(outcome: Outcome | BaseException) -> None:
            loop.call_soon_threadsafe(self._settle, batch, outcome)

        await self._writer.whole(partial(self._write, batch.rows, samples, report))

    def _write(
        self,
        rows: dict[Key, Row],
        samples: list[SampleRow],
        report: Callable[[Outcome | BaseException], None],
        db: sqlite3.Connection,
    ) -> None:
        try:
            report(self._disk.write(db, rows, samples))
        except BaseException as error:
            report(error)
            raise

    def _settle(self, batch: _Batch, outcome: Outcome | BaseException) -> None:
        self._inflight = None
        if isinstance(outcome, Outcome):
            batch.outcome = outcome
            if outcome.dropped:
                self._lost(outcome.dropped)
            if not outcome.kept:
                self._open.rows = batch.rows | self._open.rows  # newer ones win
                without_oldest_journal(self._open.rows, JOURNAL_WAITING)
            self._tell(outcome.problem)
        else:
            self._break(outcome)
        batch.done.set()

    def _break(self, error: BaseException) -> None:
        self.broken = error
        if isinstance(error, sqlite3.Error) and is_corrupt(error):
            self._files.suspect.touch()  # looked at more closely when Hearth starts again

    def _tell(self, problem: str | None) -> None:
        if problem is None and self.problem is not None:
            log.info("%s can be written again; all facts are on disk", self._files.path)
        elif problem is not None and self.problem is None:
            log.error("%s", problem)
        self.problem = problem
