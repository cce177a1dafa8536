"""Writing to a disk that may be full or failing.

Facts are kept at any price, samples are not: a full disk first costs the ballast and the oldest
samples, then new samples, and only then do facts have to wait in memory. Of what the cloud has
not heard yet, events go only where a newer one says the same.
"""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from agent.store.connection import is_full, transaction
from agent.store.files import Files
from agent.store.overflow import Overflow, hidden
from agent.store.retention import ROOMY_SHARE, SAMPLES_SHARE, make_room, used_share
from agent.store.rows import Rows, in_order
from agent.store.samples import QUARTER_S, SampleRow

_RAW = "INSERT OR REPLACE INTO raw (t, series, value) VALUES (?, ?, ?)"
_DIRTY = "INSERT OR IGNORE INTO dirty (q) VALUES (?)"
_CHUNKS_AT_ONCE = 20
_BLOCKS_WORTH_TRYING = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Args:
    kept: whether the facts are on disk.
    dropped: samples that are not and never will be.
    problem: what is wrong with the disk, in an installer's words.
    lost_s: first and last instant of those samples.
    hidden: how many more numbers than rows the outbox has.
    """

    kept: bool
    dropped: int = 0
    lost_s: tuple[int, int] | None = None
    hidden: int = 0
    problem: str | None = None


class Disk:
    """Used by the writer's thread alone."""

    def __init__(self, files: Files, overflow: Overflow) -> None:
        self._files = files
        self._path, self._ballast = files.path, files.ballast
        self._overflow = overflow
        self.problem: str | None = None

    def write(self, db: sqlite3.Connection, rows: Rows, samples: Sequence[SampleRow]) -> Outcome:
        """Commit all of it, or as much of it as the disk takes.

        Raises:
            sqlite3.Error: a bug or a damaged database; no fault of a disk is raised.
        """
        if self._ballast.restore():
            self.problem = None
        elif self.problem is None:
            self.problem = self._full()
        kept_samples = samples if self.problem is None else ()
        try:
            self._make_quota(db)
            self._overflow.keep_cap(db, rows)
            _put(db, rows, kept_samples)
        except sqlite3.Error as error:
            if not self._files.blames_disk(error):
                raise
            return self._second_try(db, rows, samples, error)
        return self._kept(db, rows, () if kept_samples else samples)

    def _second_try(
        self,
        db: sqlite3.Connection,
        rows: Rows,
        samples: Sequence[SampleRow],
        error: sqlite3.Error,
    ) -> Outcome:
        """Facts alone, in the room that the ballast and the oldest samples leave."""
        full = is_full(error) or self._no_space()
        self.problem = self._full() if full else self._failing(error)
        if full:
            self._ballast.release()
        for prepare in (_nothing, self._squeeze) if full else (_nothing,):
            try:
                prepare(db)
                _put(db, rows, ())
            except sqlite3.Error as again:
                if not self._files.blames_disk(again):
                    raise
            else:
                return self._kept(db, rows, samples)
        return Outcome(
            kept=False, dropped=len(samples), lost_s=_span(samples), problem=self.problem
        )

    def _kept(self, db: sqlite3.Connection, rows: Rows, lost: Sequence[SampleRow]) -> Outcome:
        self._overflow.saw(rows)
        return Outcome(
            kept=True,
            dropped=len(lost),
            lost_s=_span(lost),
            problem=self.problem,
            hidden=hidden(db),
        )

    def _make_quota(self, db: sqlite3.Connection) -> None:
        """Stay under the quota by forgetting the oldest; a part of it belongs to facts."""
        if used_share(db) < SAMPLES_SHARE:
            return
        for _ in range(_CHUNKS_AT_ONCE):
            if not make_room(db, self._overflow) or used_share(db) < ROOMY_SHARE:
                return

    def _squeeze(self, db: sqlite3.Connection) -> None:
        """Let the WAL begin again at its front, and turn the oldest samples into free pages."""
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        make_room(db, self._overflow)

    def _no_space(self) -> bool:
        try:
            free = os.statvfs(self._path.parent)
        except OSError:
            return False
        return free.f_bavail < _BLOCKS_WORTH_TRYING

    def _full(self) -> str:
        return (
            f"the disk that holds {self._path} is full: measurements are lost, charging goes on. "
            "Remedy: free some space"
        )

    def _failing(self, error: sqlite3.Error) -> str:
        return (
            f"{self._path} cannot be written ({error}): measurements are lost, charging goes on. "
            "Remedy: check or replace the memory card or disk"
        )


def _nothing(_: sqlite3.Connection) -> None:
    """The ballast alone may have been enough."""


def _span(samples: Sequence[SampleRow]) -> tuple[int, int] | None:
    return (samples[0][0], samples[-1][0]) if samples else None


def _put(db: sqlite3.Connection, rows: Rows, samples: Sequence[SampleRow]) -> None:
    with transaction(db):
        for row in in_order(rows):
            db.execute(row.sql, row.params)
        if samples:
            db.executemany(_RAW, samples)
            db.executemany(_DIRTY, [(q,) for q in sorted({t // QUARTER_S for t, _, _ in samples})])
