"""Group commit: whoever finds nobody committing commits for all.

Facts of callers at the same time share one transaction and one fsync. The writer's thread
itself reports what became of a commit, so a caller that is cancelled in the middle of it neither
stops nor spoils it for the others.

A disk may hang for good, and a caller must not hang with it: after some seconds it is told what it
is told of a full disk, and the commit stays on its way. Starting Hearth again would not help, since
the next one would hang at the same disk before it could steer anything. A writer that has lost
its work, without any disk to wait for, is another thing: it breaks the store, which ends Hearth.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from agent.store.connection import Worker, is_corrupt
from agent.store.disk import Disk, Outcome
from agent.store.files import Files
from agent.store.outbox_rows import without_needless_events
from agent.store.overflow import Overflow
from agent.store.rows import Key, Row, Rows, without_oldest_journal
from agent.store.samples import SampleRow
from agent.store.values import StoreFull

log = logging.getLogger(__name__)

T = TypeVar("T")

JOURNAL_WAITING = 1000
EVENTS_WAITING = 1000
ANSWER_WITHIN_S = 5.0
HANGING_S = 0.1
"""How long callers wait for a disk that is known to hang."""
LOST_AFTER_S = 1.0

Extra = Callable[[], tuple[dict[Key, Row], list[SampleRow]]]
"""What a full commit takes along: rows and samples, taken when it begins."""

Settled = Callable[[Rows, Outcome, bool], None]


@dataclass(slots=True)
class _Batch:
    """Facts that are committed together. `outcome` is set before `done`."""

    rows: dict[Key, Row] = field(default_factory=dict)
    everything: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Outcome | None = None


class Commits:
    """Args:
    overflow: keeps the outbox within its bounds.
    extra: asked at each full commit.
    settled: told what became of each commit, and whether it was a full one.

    Attributes:
        problem: what is wrong with the disk, in an installer's words.
        broken: why the store writes no more.
        answer_within_s: how long a caller waits for a disk, in real seconds.
    """

    def __init__(
        self, writer: Worker, files: Files, overflow: Overflow, extra: Extra, settled: Settled
    ) -> None:
        self.problem: str | None = None
        self.broken: BaseException | None = None
        self._writer, self._files = writer, files
        self._disk = Disk(files, overflow)
        self._extra, self._settled = extra, settled
        self._open = _Batch()
        self._inflight: _Batch | None = None
        self._hangs = False
        self.answer_within_s = ANSWER_WITHIN_S

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
        outcome = await self._answered(self._open)
        if not outcome.kept:
            raise StoreFull(outcome.problem)

    async def flush(self) -> None:
        """Try to commit all that waits, samples included."""
        self._open.everything = True
        await self._answered(self._open)

    async def attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something else on the writer's connection; `otherwise` when the disk is at fault.

        Raises:
            sqlite3.Error: a bug or a damaged database; the store writes no more.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._writer.whole(work)
        except TimeoutError:
            self._no_answer()
            return otherwise
        except sqlite3.Error as error:
            return self.excuse(error, otherwise)

    def excuse(self, error: sqlite3.Error, otherwise: T) -> T:
        """`otherwise` when the disk is at fault, and not Hearth.

        Raises:
            sqlite3.Error: a bug or a damaged database; the store writes no more.
        """
        if self._files.blames_disk(error):
            log.warning("%s: %s; will try again later", self._files.path, error)
            return otherwise
        self._break(error)
        raise error

    @property
    def _patience_s(self) -> float:
        return HANGING_S if self._hangs else self.answer_within_s

    async def _answered(self, batch: _Batch) -> Outcome:
        """What became of `batch`, as far as the disk says so in time."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._tried(batch)
        except TimeoutError:
            self._no_answer()
            return Outcome(kept=False, problem=self.problem)

    def _no_answer(self) -> None:
        if self._writer.idle_s() > LOST_AFTER_S:
            self._break(RuntimeError("the store's writer has lost its work"))
            raise RuntimeError("the store writes no more") from self.broken
        self._hangs = True
        self._bound_waiting()
        self._tell(
            f"the disk that holds {self._files.path} does not answer: what happens is kept in "
            "memory, charging goes on. Remedy: check or replace the memory card or disk"
        )

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
        self._inflight, hung, self._hangs = None, self._hangs, False
        if isinstance(outcome, Outcome):
            batch.outcome = outcome
            if not outcome.kept:
                self._open.rows = batch.rows | self._open.rows  # newer ones win
                self._bound_waiting()
            self._settled(batch.rows, outcome, batch.everything)
            # What came while it hung is not on disk yet; the store tries at once while it has a
            # problem.
            self._tell(self.problem if hung and self._open.rows else outcome.problem)
        else:
            self._break(outcome)
        batch.done.set()

    def _bound_waiting(self) -> None:
        without_oldest_journal(self._open.rows, JOURNAL_WAITING)
        without_needless_events(self._open.rows, EVENTS_WAITING)

    def _break(self, error: BaseException) -> None:
        self.broken = error
        if isinstance(error, sqlite3.Error) and is_corrupt(error):
            self._files.mark_suspect()

    def _tell(self, problem: str | None) -> None:
        if problem is None and self.problem is not None:
            log.info("%s can be written again; all facts are on disk", self._files.path)
        elif problem is not None and self.problem is None:
            log.error("%s", problem)
        self.problem = problem
