"""What the cloud must still hear of, until it says that it has it.

Every event gets its number (`seq`) when it is taken, and reaches the disk in one transaction with
the change that it tells of. Transactions reach the disk in order, and one that fails is folded
into the next, so the numbers on disk have no gap; one that never got there was never shown to
anybody, and is given again after a restart. Only what is on disk is shown.
"""

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from agent.model.clock import Now
from agent.model.events import Event, Executed
from agent.store.commits import Commits
from agent.store.disk import Outcome
from agent.store.outbox_reading import (
    SEQ_AHEAD,
    OutboxRow,
    OutboxStart,
    beyond,
    find_executed,
    read_page,
)
from agent.store.outbox_rows import (
    ack_rows,
    event_row,
    forget_meta_row,
    last_seq,
    run_row,
    stamp_rows,
    tombstone_row,
)
from agent.store.reader import Reader
from agent.store.rows import Key, Row, Rows
from agent.store.tombstones import Tombstone
from agent.store.transactions import COUNTED_FROM
from agent.store.values import StoreFull
from agent.watched import Watched

log = logging.getLogger(__name__)

T = TypeVar("T")

ACKED_IN_MEMORY = 1_000
EXECUTED_AT_HAND = 256
LEAST_AHEAD = 190_000_000


class Outbox:
    """Args:
    run_id: names this process towards the cloud.
    boot_id: names this boot of the machine.
    """

    def __init__(
        self, *, commits: Commits, reader: Reader, start: OutboxStart, run_id: str, boot_id: str
    ) -> None:
        self.news = Watched(start.last_seq)
        """The last number on disk; set after each commit with events."""
        self.acked_seq = start.acked_seq
        self._commits, self._reader = commits, reader
        self._run_id, self._boot_id, self._run = run_id, boot_id, start.last_run + 1
        self._given, self._forgotten = start.last_seq, start.acked_seq
        self.unstamped = start.unstamped
        """Whether events wait for the clock to be trusted."""
        self._hidden, self._ahead = start.hidden, start.ahead
        self._executed: OrderedDict[str, Executed] = OrderedDict()

    @property
    def last_seq(self) -> int:
        """The highest number on disk; 0 when there was none yet."""
        return self.news.value

    @property
    def pending(self) -> int:
        """How many rows the cloud does not have; a stretch of dropped ones counts as one."""
        return max(0, self.last_seq - self.acked_seq - self._hidden)

    async def page(
        self, after_seq: int, limit: int = 100, to_seq: int | None = None
    ) -> Sequence[OutboxRow]:
        """Rows above `after_seq` that the cloud has not acked, ascending, at most `limit`.

        A stretch of dropped events comes whole if it reaches into the range asked for.
        Empty also while the disk cannot be read.
        """
        last = self.last_seq
        after = max(after_seq, self.acked_seq)
        to = last if to_seq is None else min(to_seq, last)
        if to <= after:
            return ()
        read = partial(read_page, after=after, to=to, last=last, limit=limit)
        rows = await self._read(read, list[OutboxRow]())
        acked = self.acked_seq
        return [beyond(row, acked) for row in rows if row.seq > acked]

    async def ack(self, seq: int) -> bool:
        """The cloud has all up to `seq`; False if that is beyond what is on disk.

        They are shown no more. They leave the disk with the next commit, at the latest after a
        minute; if a crash comes first they are sent once more, which the protocol allows.
        """
        if seq > self.last_seq:
            log.warning("the cloud acks event %d, but the last one is %d", seq, self.last_seq)
            return False
        if seq <= self.acked_seq:
            return True
        self.acked_seq = seq
        if self._hidden or seq - self._forgotten >= ACKED_IN_MEMORY:
            try:
                await self._commits.keep(ack_rows(seq))
            except StoreFull:
                return True  # the store goes on trying
        else:
            self._commits.put(ack_rows(seq))
        return True

    async def executed(self, request_id: str) -> Executed | None:
        """What became of a command of the last 7 days."""
        if request_id in self._executed:
            return self._executed[request_id]
        return await self._read(partial(find_executed, request_id=request_id), None)

    def take(
        self, events: Iterable[Event], executed: Iterable[Executed], now: Now
    ) -> dict[Key, Row]:
        """The rows of one change's events, numbered in their order."""
        for done in executed:
            self._executed[done.request_id] = done
        while len(self._executed) > EXECUTED_AT_HAND:
            self._executed.popitem(last=False)
        rows: dict[Key, Row] = {}
        for event in events:
            if self._ahead:
                rows |= self._leap(now)
            self._given += 1
            rows |= dict([event_row(event, self._given, self._run)])
            self.unstamped |= not event.now.trusted
        if rows:
            rows |= dict([run_row(self._run, self._run_id, self._boot_id)])
        return rows

    def stamps(self, now: Now) -> dict[Key, Row]:
        """Rows that give events their true time, if some wait for it and it is known."""
        if not now.trusted or not self.unstamped:
            return {}
        self.unstamped = False
        return stamp_rows(now, self._run, self._boot_id)

    def settled(self, rows: Rows, outcome: Outcome) -> None:
        """`rows` are on disk."""
        self._hidden = outcome.hidden
        forgotten = rows.get(("ack", "forget"))
        if forgotten is not None:
            self._forgotten = int(forgotten.params[0] or 0)
        last = last_seq(rows)
        if last > self.last_seq:
            self.news.set(last)

    def _leap(self, now: Now) -> dict[Key, Row]:
        """Account for numbers that a lost database may have given out; ours begin above them.

        A house has less than one event a second, so seconds since 2020 are ahead of them.
        """
        self._ahead = False
        clock_seq = int((now.at - COUNTED_FROM).total_seconds())
        first, self._given = self._given + 1, max(self._given + 1, clock_seq, LEAST_AHEAD)
        at_s = now.at.timestamp()
        leap = Tombstone(first, self._given, 0, 1)
        return dict([tombstone_row(leap, self._run, at_s), forget_meta_row(SEQ_AHEAD)])

    async def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            return await self._reader.read(work)
        except sqlite3.Error as error:
            return self._commits.excuse(error, otherwise)
