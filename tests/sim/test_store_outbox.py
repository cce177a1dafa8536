"""Events on their way to the cloud: numbered without a gap, on disk with their change."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.model.clock import Now
from agent.model.driver import Transaction
from agent.model.events import Told
from agent.store import Change, Store, StoreFull
from agent.store.restore import restore
from tests.sim.store_values import (
    GARAGE,
    NOON,
    HandClock,
    cloud_change,
    event,
    executed,
    open_store,
    override,
    schedule,
)
from tests.sim.test_store_faults import failing_writes, write

HOUR = timedelta(hours=1)


async def seqs(store: Store, after: int = 0) -> list[int]:
    return [row.seq for row in await store.outbox.page(after, limit=10_000)]


async def test_what_only_a_house_with_a_cloud_has_comes_back_as_it_was(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    change = cloud_change()
    await store.save(change)
    await store.close()

    store = await open_store(tmp_path)
    known = await store.load()
    assert known.resources == change.resources
    assert sorted(known.documents, key=lambda d: d.id) == sorted(
        change.documents, key=lambda d: d.id
    )
    assert known.overrides == (override(),)
    assert known.pairing == b"\x00pairs"
    assert await store.outbox.executed("r1") == executed()
    assert await store.outbox.executed("r2") is None
    await store.close()


async def test_events_are_numbered_in_order_and_come_back_with_their_texts(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(events=(event(1), event(2))))
    first = store.run_id
    await store.close()

    store = await open_store(tmp_path)
    assert store.run_id != first
    assert (store.outbox.last_seq, store.outbox.pending) == (2, 2)
    store.defer(Change(events=(event(3),)))
    await store.save(Change(events=(event(4, coalesces=False),)))
    rows = await store.outbox.page(0)
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert [row.body for row in rows] == [event(n).body for n in range(1, 5)]
    assert [row.run_id for row in rows] == [first, first, store.run_id, store.run_id]
    assert rows[0].at == NOON + timedelta(seconds=1)
    assert rows[0].trusted
    assert rows[3].name == "user:vendor-action:updated"
    assert [row.seq for row in await store.outbox.page(1, limit=2)] == [2, 3]
    assert [row.seq for row in await store.outbox.page(1, to_seq=2)] == [2]
    await store.close()


async def test_what_was_acked_is_gone_and_its_numbers_are_never_given_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(events=(event(1), event(2), event(3))))
    assert await store.outbox.ack(2)
    assert await store.outbox.ack(1)  # late
    assert not await store.outbox.ack(4)
    assert "acks event 4, but the last one is 3" in caplog.text
    assert await seqs(store) == [3]
    assert store.outbox.pending == 1
    assert await store.outbox.ack(3)
    await store.close()

    store = await open_store(tmp_path)
    assert (store.outbox.acked_seq, store.outbox.last_seq, store.outbox.pending) == (3, 3, 0)
    await store.save(Change(events=(event(4),)))
    assert await seqs(store) == [4]
    await store.close()


async def test_nobody_hears_of_an_event_that_is_not_on_disk(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    heard = list[int]()

    async def listen() -> None:
        async for last in store.outbox.news.changes():
            heard.append(last)
            assert [row.seq for row in await store.outbox.page(0)] == list(range(1, last + 1))

    async with asyncio.TaskGroup() as group:
        listener = group.create_task(listen())
        await asyncio.sleep(0)
        store.defer(Change(events=(event(1),)))
        assert await store.outbox.page(0) == ()
        assert not await store.outbox.ack(1)
        with failing_writes(), pytest.raises(StoreFull):
            await store.save(Change(events=(event(2),), settings={"x": {}}))
        assert await store.outbox.page(0) == ()
        assert heard == [0]
        await store.save(Change(events=(event(3),)))
        while heard[-1] != 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        listener.cancel()
    assert [row.body for row in await store.outbox.page(0)] == [event(n).body for n in (1, 2, 3)]
    assert (await store.load()).settings == {"x": {}}
    await store.close()


async def test_an_event_that_came_while_others_were_written_is_not_shown_yet(
    tmp_path: Path,
) -> None:
    store = await open_store(tmp_path)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(store.save(Change(events=(event(1),))))
        await asyncio.sleep(0)
        store.defer(Change(events=(event(2),)))
        await first
        assert (store.outbox.last_seq, store.outbox.pending) == (1, 1)
    await store.flush()
    assert await seqs(store) == [1, 2]
    await store.close()


async def test_a_range_is_answered_with_what_is_in_it(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(events=tuple(event(n, coalesces=n < 6) for n in range(1, 10))))
    await store._writer.whole(store._upkeep._overflow.drop_some)

    async def found(after: int, to: int) -> list[int]:
        return [row.seq for row in await store.outbox.page(after, to_seq=to)]

    assert await found(0, 2) == [4]  # the stretch 1..4 went
    assert await found(2, 4) == [4]
    assert await found(3, 6) == [4, 5, 6]
    assert await found(6, 7) == [7]
    assert await found(9, 99) == []
    await store.close()


async def test_outcomes_of_commands_and_forgotten_processes_go_after_a_week(tmp_path: Path) -> None:
    clock = HandClock()
    for number in range(1, 4):
        store = await open_store(tmp_path, clock)
        await store.save(Change(events=(event(number),), executed=(executed(f"r{number}"),)))
        await store.outbox.ack(number)
        await store.close()
    store = await open_store(tmp_path, clock)

    async def count(table: str) -> int:
        sql = f"SELECT count(*) FROM {table}"  # noqa: S608
        found = await store._writer.whole(lambda db: db.execute(sql).fetchone())
        return int(found[0])

    for days in (6, 2):
        await clock.sleep(timedelta(days=days).total_seconds())
        await store.flush()
        await clock.sleep(7200)
        await store._tidy(clock.now())
        assert await count("executed") == (3 if days == 6 else 0)
    assert await count("run") == 1
    assert await store.outbox.executed("r1") is None
    await store.close()


async def test_a_refused_change_takes_no_number(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    with pytest.raises(TypeError):
        await store.save(Change(events=(event(1),), settings={"x": {"y": object()}}))
    await store.save(Change(events=(event(2),)))
    assert [(row.seq, row.body) for row in await store.outbox.page(0)] == [(1, event(2).body)]
    await store.close()


async def test_events_from_before_the_clock_was_set_are_stamped_once_when_it_is(
    tmp_path: Path,
) -> None:
    clock = HandClock(at=NOON - timedelta(days=9000), mono_s=100.0)
    clock.value = replace(clock.value, trusted=False)
    store = await Store.open(tmp_path / "hearth.db", clock, boot_id="boot")
    early = replace(event(1), now=clock.now())
    await store.save(Change(events=(early,)))
    await store.close()

    store = await Store.open(tmp_path / "hearth.db", clock, boot_id="boot", commit_every_s=0.01)
    (row,) = await store.outbox.page(0)
    assert (row.at, row.trusted) == (clock.now().at, False)
    clock.value = Now(at=NOON, mono_s=160.0)
    async with asyncio.TaskGroup() as group:
        job = group.create_task(store.run())
        async with asyncio.timeout(5):
            while not (await store.outbox.page(0))[0].trusted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        job.cancel()
    (row,) = await store.outbox.page(0)
    assert row.at == NOON - timedelta(seconds=60)
    clock.jump(HOUR)
    await store.flush()
    (row,) = await store.outbox.page(0)
    assert row.at == NOON - timedelta(seconds=60)
    await store.close()


@pytest.mark.parametrize(("before", "after"), [("one", "two"), ("", ""), ("unknown", "unknown")])
async def test_events_of_another_boot_keep_the_stamp_that_nobody_can_better(
    tmp_path: Path, before: str, after: str
) -> None:
    clock = HandClock()
    clock.value = replace(clock.value, trusted=False)
    store = await Store.open(tmp_path / "hearth.db", clock, boot_id=before)
    await store.save(Change(events=(replace(event(1), now=clock.now()),)))
    await store.close()
    clock.value = Now(at=NOON + HOUR, mono_s=1.0)
    store = await Store.open(tmp_path / "hearth.db", clock, boot_id=after)
    await store.flush()
    (row,) = await store.outbox.page(0)
    assert (row.at, row.trusted) == (NOON, False)
    await store.close()


class TellsTransactions:
    """A Herald as far as the store needs one."""

    def __init__(self) -> None:
        self.told = 0

    def transaction(self, transaction: Transaction, now: Now) -> Told:
        self.told += 1
        name = f"t{transaction.id}"
        return Told(events=(replace(event(self.told, name, coalesces=False), now=now),))


async def test_a_transaction_is_told_in_the_commit_that_keeps_it_and_once(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    start = {"charger": GARAGE, "id_tag": "tag", "started_at": NOON, "meter_start_wh": 0.0}
    await store.transactions.open_transaction(**{**start, "id_tag": "before"})  # type: ignore[arg-type]
    assert store.outbox.last_seq == 0
    store.herald = TellsTransactions()  # type: ignore[assignment]
    with failing_writes():
        begun = await store.transactions.open_transaction(**start)  # type: ignore[arg-type]
        await store.transactions.open_transaction(**start)  # type: ignore[arg-type]
    assert await store.outbox.page(0) == ()
    for _ in range(2):
        await store.transactions.close_transaction(
            charger=GARAGE,
            transaction_id=begun.id,
            stopped_at=NOON + HOUR,
            meter_stop_wh=9.0,
            reason="Local",
        )
    assert await seqs(store) == [1, 2]
    await store.close()


async def test_after_a_lost_database_numbers_begin_above_all_earlier_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    store = await open_store(tmp_path)
    await store.save(Change(events=tuple(event(n) for n in range(1, 6))))
    await store.close()
    write(tmp_path / "hearth.db", b"x" * 5000)

    store = await open_store(tmp_path)
    assert store.outbox.last_seq == 0
    await store.save(Change(events=(event(1), event(2))))
    first, *rest = await store.outbox.page(0)
    assert first.dropped is not None
    assert (first.dropped.from_seq, first.dropped.count) == (1, 0)
    assert first.seq == (NOON - NOON.replace(year=2020, month=1, day=1, hour=0)).total_seconds()
    assert [row.seq for row in rest] == [first.seq + 1, first.seq + 2]
    assert store.outbox.pending == 3
    await store.close()

    store = await open_store(tmp_path)
    await store.save(Change(events=(event(3),)))
    assert await seqs(store) == [first.seq, *(first.seq + n for n in (1, 2, 3))]
    await store.close()


async def test_after_a_restore_numbers_begin_above_those_that_were_given_since(
    tmp_path: Path,
) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(events=(event(1), event(2))))
    await store.backup(tmp_path / "backup.db")
    await store.save(Change(events=(event(3),)))
    await store.close()
    restore(tmp_path / "backup.db", tmp_path / "hearth.db", NOON)

    store = await open_store(tmp_path)
    assert await seqs(store) == [1, 2]
    await store.save(Change(events=(event(4),)))
    *_, leap, new = await store.outbox.page(0)
    assert leap.dropped is not None
    assert (leap.dropped.from_seq, leap.dropped.count) == (3, 0)
    assert new.seq == leap.seq + 1 > 190_000_000
    assert store.outbox.pending == 4
    await store.close()


async def test_records_that_cannot_be_read_stop_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store(tmp_path)
    await store.save(cloud_change())
    await store.close()
    store = await open_store(tmp_path)
    for sql in (
        "UPDATE document SET doc = replace(doc, 'charger', 'spaceship') WHERE id = 's1'",
        "UPDATE override SET doc = '{}'",
        "UPDATE executed SET doc = replace(doc, 'SET_MAX_CURRENT', 'DANCE')",
        "UPDATE outbox SET body = x'07' WHERE seq = 2",
        "UPDATE resource SET doc = x'01ff'",
    ):
        await store._writer.whole(lambda db, sql=sql: db.execute(sql).fetchall())  # type: ignore[misc]
    known = await store.load()
    assert {d.id for d in known.documents} == {"home", "s2"}
    assert schedule() not in {d.value for d in known.documents}
    assert known.overrides == ()
    assert [r.rev for r in known.resources] == [7, 2]  # the revisions still count
    assert await store.outbox.executed("r1") is None
    bodies = [(row.seq, row.dropped and row.dropped.count) for row in await store.outbox.page(0)]
    assert bodies == [(1, None), (2, 1), (3, None)]
    assert caplog.text.count("cannot be") >= 5
    await store.close()
