"""The outbox against a model of it: commits that fail, crashes, acks, overflow, in any order."""

import asyncio
import logging
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from agent.model.events import Event
from agent.store import Change, OutboxRow, Store, StoreFull
from tests.sim.store_values import HandClock, event
from tests.sim.test_store_faults import failing_writes

kinds = st.tuples(st.sampled_from(["garage", "barn", "roof"]), st.booleans())
several = st.lists(kinds, min_size=1, max_size=6)


class OutboxMachine(RuleBasedStateMachine):
    """`told` has what is on disk, by number; `waiting` what a crash would cost."""

    @initialize()
    def begin(self) -> None:
        logging.disable(logging.ERROR)
        self.stack = ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.lives, self.acked, self.number = 0, 0, 0
        self.told: dict[int, Event] = {}
        self.waiting: list[Event] = []
        self.buried: set[int] = set()
        self.store = self.open()

    def open(self) -> Store:
        path = self.folder / str(self.lives) / "hearth.db"
        return self.runner.run(Store.open(path, HandClock(), outbox_mb=0.02))

    def change(self, several: list[tuple[str, bool]]) -> Change:
        events = []
        for resource, coalesces in several:
            self.number += 1
            events.append(event(self.number, resource, coalesces=coalesces))
        self.waiting += events
        return Change(events=tuple(events), settings={e.id: {} for e in events})

    def on_disk(self) -> None:
        for new in self.waiting:
            self.told[len(self.told) + 1] = new
        self.waiting = []

    @rule(several=several)
    def defer(self, several: list[tuple[str, bool]]) -> None:
        change = self.change(several)
        self.runner.run(self.do(lambda: self.store.defer(change)))

    @rule(several=several)
    def save(self, several: list[tuple[str, bool]]) -> None:
        self.runner.run(self.store.save(self.change(several)))
        self.on_disk()

    @rule(several=several)
    def fail(self, several: list[tuple[str, bool]]) -> None:
        with failing_writes(), pytest.raises(StoreFull):
            self.runner.run(self.store.save(self.change(several)))

    @rule()
    def flush(self) -> None:
        self.runner.run(self.store.flush())
        self.on_disk()

    @rule(copies=st.booleans())
    def crash(self, copies: bool) -> None:  # noqa: FBT001
        """Or a clean stop. A crash leaves the files as they are."""
        before, self.lives = self.folder / str(self.lives), self.lives + 1
        if copies:
            shutil.copytree(before, self.folder / str(self.lives))
            self.waiting = []
        self.runner.run(self.store.close())
        if not copies:
            before.rename(self.folder / str(self.lives))
            self.on_disk()
        self.store = self.open()
        self.acked = self.store.outbox.acked_seq

    @rule(share=st.floats(0, 1))
    def ack(self, share: float) -> None:
        seq = self.acked + round(share * (len(self.told) - self.acked))
        assert self.runner.run(self.store.outbox.ack(seq))
        self.acked = seq
        if self.store.outbox.last_seq > len(self.told):
            self.on_disk()  # an ack may take along what waits

    @rule()
    def ack_too_much(self) -> None:
        assert not self.runner.run(self.store.outbox.ack(len(self.told) + 1))

    @precondition(lambda self: len(self.told) > self.acked + 4)
    @rule()
    def overflow(self) -> None:
        drop = self.store._upkeep._overflow.drop_some
        while self.runner.run(self.store._writer.whole(drop)):
            pass

    @rule(after=st.integers(0, 40), length=st.integers(0, 10))
    def a_page_of_a_range_has_all_of_it(self, after: int, length: int) -> None:
        rows = self.runner.run(self.store.outbox.page(after, to_seq=after + length))
        wanted = set(range(max(after, self.acked) + 1, min(after + length, len(self.told)) + 1))
        covered = {seq for row in rows for seq in numbers(row)}
        assert wanted <= covered
        if wanted:
            assert not {row.seq for row in rows if row.dropped is None} - wanted

    @invariant()
    def every_number_is_accounted_for_once_in_order(self) -> None:
        outbox = self.store.outbox
        rows = self.runner.run(outbox.page(0, limit=10_000))
        covered = [seq for row in rows for seq in numbers(row)]
        assert covered == list(range(self.acked + 1, len(self.told) + 1))
        assert outbox.last_seq == len(self.told)
        for row in rows:
            if row.dropped is None:
                assert row.body == self.told[row.seq].body
                assert row.seq not in self.buried
            else:
                assert row.dropped.count == len(numbers(row))
                self.buried |= set(numbers(row))

    @invariant()
    def what_went_was_needless(self) -> None:
        for seq in self.buried:
            gone = self.told[seq]
            assert gone.coalesces
            later = [self.told[s] for s in range(seq + 1, len(self.told) + 1)]
            assert any(e.coalesces and e.resource_id == gone.resource_id for e in later)

    @invariant()
    def a_change_is_there_with_its_event_or_not_at_all(self) -> None:
        known = self.runner.run(self.store.load())
        assert set(known.settings) == {told.id for told in self.told.values()}

    @staticmethod
    async def do(work: object) -> None:
        assert callable(work)
        work()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.store.close())
            self.stack.close()
        logging.disable(logging.NOTSET)


def numbers(row: OutboxRow) -> range:
    return range(row.seq if row.dropped is None else row.dropped.from_seq, row.seq + 1)


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
