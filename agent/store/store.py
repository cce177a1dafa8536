"""The store as the rest of Hearth sees it.

Facts (`save`) are on disk when the call returns. Everything else (`defer`, `record`) waits in
memory for the next commit. All calls work from `open` to `close`, whether `run` is running or
not; without it, what waits is committed with `flush` or `close` only.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from agent.model.clock import Clock, Now
from agent.model.driver import Transaction
from agent.model.events import Herald
from agent.model.readings import DeviceId
from agent.store import history, reading
from agent.store.changes import Changes
from agent.store.commits import Commits
from agent.store.connection import Worker
from agent.store.disk import Outcome
from agent.store.files import Files
from agent.store.grid_log import GridLog
from agent.store.notes import Notes
from agent.store.outbox import Outbox
from agent.store.overflow import Overflow
from agent.store.plans import Plans
from agent.store.reader import Reader
from agent.store.retention import Steadiness
from agent.store.rhythm import Rhythm
from agent.store.rows import Key, Row, Rows, series_row, stamp_row
from agent.store.samples import SampleRow, Samples
from agent.store.start import Start, read_start
from agent.store.telemetry import Telemetry
from agent.store.transactions import Transactions, first_id
from agent.store.upkeep import Upkeep
from agent.store.values import Bucket, Change, Persisted, StoreError

log = logging.getLogger(__name__)

FLUSH_WITHIN_S = 2.0
OUTBOX_SHARE = 0.4


class Store:
    """Args:
    commit_every_s: house time from one full commit to the next, at least 1 s of real time;
        what a power cut may cost of samples and deferred changes.
    keep_raw_days: how long single samples are kept.
    """

    def __init__(
        self,
        *,
        writer: Worker,
        files: Files,
        clock: Clock,
        start: Start,
        commit_every_s: float,
        keep_raw_days: float,
        overflow: Overflow,
        boot_id: str,
    ) -> None:
        now, last_at = clock.now(), start.persisted.last_at
        self._writer, self._files, self._clock = writer, files, clock
        self.run_id = str(uuid4())
        self.herald: Herald | None = None
        self._reader = Reader(files.path)
        self.plans = Plans(self._reader.read)
        self._lost, self._rhythm = 0, Rhythm(commit_every_s, now)
        self._samples = Samples(start.series, start.gaps)
        self._steadiness = Steadiness(None if last_at is None else last_at.timestamp())
        self._commits = Commits(writer, files, overflow, self._take, self._settled)
        self.outbox = Outbox(
            commits=self._commits,
            reader=self._reader,
            start=start.outbox,
            run_id=self.run_id,
            boot_id=boot_id,
        )
        grid_log = GridLog(start.grid_hash)
        self._changes = Changes(start.persisted.pending, self.outbox, grid_log, clock)
        self.telemetry = Telemetry(
            commits=self._commits,
            reader=self._reader,
            clock=clock,
            known=self._samples.series,
            cursors=start.cursors,
        )
        self._upkeep = Upkeep(self._commits, overflow, self.telemetry, keep_raw_days)
        self.notebook = Notes(self._commits.keep, start.notes)
        self.transactions = Transactions(
            self._commits.keep,
            self._find_charge,
            self._tell_of,
            start.charges,
            first_id(start.highest_id, now),
        )

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        commit_every_s: float = 60.0,
        quota_mb: int = 128,
        keep_raw_days: float = 7.0,
        outbox_mb: float | None = None,
        boot_id: str = "",
    ) -> "Store":
        """Open or make the database at `path`; about a second at the most, off the loop.

        Args:
            outbox_mb: what the outbox may hold before needless events go; None = 40 % of
                `quota_mb`.
            boot_id: names this boot of the machine; "" = unknown.

        Raises:
            StoreError: it cannot be used; the message names the file and the remedy.
        """
        files = Files(path)
        files.take()
        cap_mb = quota_mb * OUTBOX_SHARE if outbox_mb is None else outbox_mb
        writer = Worker(partial(files.open_database, quota_mb, clock.now().at))
        try:
            await writer.begin()
            return cls(
                writer=writer,
                files=files,
                clock=clock,
                start=await writer.whole(read_start),
                commit_every_s=commit_every_s,
                keep_raw_days=keep_raw_days,
                overflow=Overflow(cap_mb * 1024 * 1024),
                boot_id=boot_id,
            )
        except BaseException:
            await writer.close()
            files.release()
            raise

    @property
    def problem(self) -> str | None:
        """What is wrong with the disk, in an installer's words; None when all is well."""
        return self._commits.problem

    @property
    def samples_dropped(self) -> int:
        """Samples lost since the start: full or failing disk, or no clock for too long."""
        return self._lost + self._samples.dropped

    async def load(self) -> Persisted:
        """What Hearth knew when it stopped; called later, what is on disk now."""
        return await self._writer.whole(reading.load)

    async def save(self, change: Change) -> None:
        """Make `change` durable; it is on disk when this returns.

        Raises:
            StoreFull: not yet, but it is kept in memory and tried again until it is.
            SecondPendingAction, TypeError: a bug of the caller; nothing was taken.
        """
        await self._commits.keep(self._changes.rows(change))

    def defer(self, change: Change) -> None:
        """Take `change` for the next commit, at the latest `commit_every_s` from now.

        Raises:
            SecondPendingAction, TypeError: a bug of the caller; nothing was taken.
        """
        self._commits.put(self._changes.rows(change))

    def record(self, t: Now, device: DeviceId, values: Mapping[str, float | None]) -> None:
        """Take measurements by name (with unit, e.g. power_w); None = unknown from now on."""
        for series, name, decimals in self._samples.record(t, device, values):
            self._commits.put(dict([series_row(series, device, name, decimals)]))

    async def run(self) -> None:
        """Commit, tidy and retry until cancelled; the last commit takes 2 s at the most.

        Raises:
            Exception: a bug or a damaged database; Hearth must start again.
        """
        try:
            while True:
                await asyncio.sleep(self._rhythm.look_every_s)
                await self._look_after()
        finally:
            if self._commits.broken is None:
                await self._last_commit()

    async def flush(self) -> None:
        """Commit all that waits, now. On a full disk it goes on waiting."""
        await self._commits.flush()

    async def close(self) -> None:
        """Commit all that waits and let go of the files; calls fail from then on."""
        try:
            if self._commits.broken is None:
                await self.flush()
                self._commits.broken = StoreError(f"{self._files.path} is closed")
        finally:
            if self._commits.waiting:
                log.error(
                    "%s: facts that could not be written and are lost: %d",
                    self._files.path,
                    self._commits.waiting,
                )
            await self._reader.close()
            if not await self._writer.leave(FLUSH_WITHIN_S):
                log.warning("%s hangs; Hearth leaves it behind", self._files.path)
            self._files.release()

    async def history(
        self, device: DeviceId, series: str, start: datetime, end: datetime, step_s: int = 900
    ) -> Sequence[Bucket]:
        """Buckets of `step_s` (a multiple of 900), ascending, aligned to the Unix epoch; steps
        without a value are left out. Up to one commit interval behind.

        Raises:
            ValueError: `step_s` is no multiple of 900.
        """
        known = self._samples.series.get((device, series))
        if known is None:
            return ()
        return await self._reader.read(
            partial(history.read_buckets, series=known, start=start, end=end, step_s=step_s)
        )

    async def raw(
        self, device: DeviceId, series: str, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, float | None]]:
        """Changes of a series while single samples are kept; a value holds until the next, None
        is silence."""
        known = self._samples.series.get((device, series))
        if known is None:
            return ()
        return await self._reader.read(
            partial(history.read_raw, series=known, start=start, end=end)
        )

    async def backup(self, to: Path) -> None:
        """Write a consistent, compact copy of all that was said so far; facts are not delayed.

        Raises:
            StoreError: `to` exists or cannot be written; nothing is left behind.
        """
        await self.flush()
        await self._reader.backup(to)

    def _tell_of(self, charge: Transaction) -> dict[Key, Row]:
        """What the cloud is told of a transaction, to be written with it."""
        if self.herald is None:
            return {}
        told = self.herald.transaction(charge, self._clock.now())
        return self._changes.rows(Change(events=told.events, resources=told.resources))

    def _take(self) -> tuple[dict[Key, Row], list[SampleRow]]:
        now = self._clock.now()
        self._rhythm.committed(now)
        samples = self._samples.take(now)
        self.telemetry.taken(now, all_dated=self._samples.all_dated)
        rows = self.outbox.stamps(now)
        return rows | dict([stamp_row(now.at)]) if self._steadiness.see(now) else rows, samples

    def _settled(self, rows: Rows, outcome: Outcome, everything: bool) -> None:  # noqa: FBT001
        if outcome.dropped:
            self._lost += outcome.dropped
            self._samples.forget_last()
        self.telemetry.settled(outcome.lost_s, everything=everything and outcome.kept)
        if outcome.kept:
            self.outbox.settled(rows, outcome)

    async def _find_charge(
        self, number: int | None, dedupe: str | None
    ) -> tuple[str, Transaction] | None:
        find = partial(reading.find_charge, number=number, dedupe=dedupe)
        return await self._commits.attempt(find, otherwise=None)

    async def _look_after(self) -> None:
        if self._commits.broken is not None:
            raise self._commits.broken
        now, loop_s = self._clock.now(), asyncio.get_running_loop().time()
        urgent = self._samples.full or (self.outbox.unstamped and now.trusted)
        problem = self.problem is not None
        if self._rhythm.commit_due(now, loop_s, urgent=urgent, problem=problem):
            await self.flush()
        if self.problem is None and self._rhythm.tidy_due(now):
            await self._tidy(now)

    async def _tidy(self, now: Now) -> None:
        """Sum up quarters and, with a steady clock, forget what is too old."""
        await self._upkeep.tidy(now, steady=lambda: self._steadiness.see(now))

    async def _last_commit(self) -> None:
        try:
            async with asyncio.timeout(FLUSH_WITHIN_S):
                await self.flush()
        except TimeoutError:
            log.warning("the last commit took more than %g s", FLUSH_WITHIN_S)
