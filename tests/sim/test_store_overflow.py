"""What goes first when there is no room, and that it is accounted for."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from agent.store import Change, OutboxRow, Store, StoreFull
from tests.sim.store_values import NOON, ROOF, HandClock, event, open_store
from tests.sim.test_store_faults import failing_writes, fill, many, small_disk
from tests.sim.test_store_telemetry import live

MB = 1024 * 1024


async def everything(store: Store) -> list[OutboxRow]:
    rows = [*await store.outbox.page(0, limit=1_000_000)]
    covered = [n for row in rows for n in range(first_of(row), row.seq + 1)]
    assert covered == list(range(store.outbox.acked_seq + 1, store.outbox.last_seq + 1))
    assert store.outbox.pending == len(rows)
    return rows


def first_of(row: OutboxRow) -> int:
    return row.seq if row.dropped is None else row.dropped.from_seq


async def fill_outbox(store: Store, numbers: range) -> None:
    """A hundred at a time; every tenth must stay."""
    for first in numbers[::100]:
        batch = (event(n, coalesces=n % 10 != 0) for n in range(first, first + 100))
        await store.save(Change(events=tuple(batch)))


async def test_beyond_its_cap_the_outbox_lets_needless_events_go_and_says_how_many(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path / "hearth.db", HandClock(), outbox_mb=0.1)
    await fill_outbox(store, range(1, 2001))
    rows = await everything(store)
    gone = [row for row in rows if row.dropped is not None]
    assert {row.dropped.count for row in gone if row.dropped} <= {8, 9}  # 8 at the end of a sweep
    ids = [row.dropped.id for row in gone if row.dropped]
    assert len(set(ids)) == len(ids) > 50
    kept = {row.seq for row in rows if row.dropped is None}
    assert kept >= {*range(10, 2001, 10), *range(1991, 2000)}
    assert first_of(gone[0]) == 1  # the oldest go first
    await store.close()

    store = await Store.open(tmp_path / "hearth.db", HandClock(), outbox_mb=0.1)
    assert await everything(store) == rows
    assert await store.outbox.ack(gone[1].seq - 3)  # in the middle of what went
    clipped = (await everything(store))[0]
    assert clipped.dropped is not None
    assert (clipped.dropped.from_seq, clipped.dropped.count) == (gone[1].seq - 2, 3)
    await store.close()
    store = await open_store(tmp_path)
    assert (await everything(store))[0] == clipped
    await store.close()


async def test_at_the_quota_samples_go_before_events_and_events_before_history(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    store = await Store.open(tmp_path / "hearth.db", clock, quota_mb=2, outbox_mb=100)
    store.telemetry.cursors([ROOF])
    for minute in range(20):
        store.record(clock.now(), ROOF, many(minute))
        await clock.sleep(60)
        await store.flush()
    number = 0
    while not (await store.telemetry.samples(ROOF, 0, 2**40)).gaps:
        await fill_outbox(store, range(number + 1, number + 501))
        number += 500
    assert not any(row.dropped for row in await everything(store))
    while not any(row.dropped for row in await everything(store)):
        await fill_outbox(store, range(number + 1, number + 501))
        number += 500
    assert await store.raw(ROOF, "n0_w", NOON, clock.now().at) == []
    assert await store.history(ROOF, "n0_w", NOON, clock.now().at)
    assert store.problem is None
    assert (tmp_path / "hearth.db").stat().st_size <= 2 * MB
    await store.close()


async def test_needless_events_of_a_month_ago_go(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    await store.save(Change(events=tuple(event(n, coalesces=n != 2) for n in range(1, 6))))
    for days in (29, 2):
        await clock.sleep(timedelta(days=days).total_seconds())
        await store.flush()
        await clock.sleep(7200)
        await store._tidy(clock.now())
        assert len(await store.outbox.page(0)) == (5 if days == 29 else 4)
    await store.flush()
    rows = await everything(store)
    assert [(first_of(row), row.seq, row.dropped is None) for row in rows] == [
        (1, 1, False),
        (2, 2, True),
        (3, 4, False),
        (5, 5, True),
    ]
    await store.close()


async def test_an_ack_in_the_middle_of_what_went_counts_at_once(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    await store.save(Change(events=tuple(event(n) for n in range(1, 6))))
    await store._writer.whole(store._upkeep._overflow.drop_some)
    assert await store.outbox.ack(3)
    first, last = await store.outbox.page(0)
    assert first.dropped is not None
    assert (first.dropped.from_seq, first.seq, first.dropped.count) == (4, 4, 1)
    assert last.body == event(5).body
    assert await store.outbox.page(3, to_seq=3) == ()
    await store.close()


async def test_events_survive_a_disk_that_is_full_for_long(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2048) as disk:
        clock = HandClock()
        store = await open_store(disk, clock)
        await live(store, clock, 60)
        filler = fill(disk)
        number, refused = 0, 0
        while refused < 30:
            number += 1
            text = os.urandom(2000).hex().encode()
            kept = Change(events=(event(number, coalesces=number % 50 != 0),), memory=text)
            try:
                await store.save(kept)
            except StoreFull:
                refused += 1
            assert store.outbox.last_seq <= number - refused
        assert store.outbox.last_seq == number - refused
        os.unlink(filler)  # noqa: PTH108 -- a Path is as blocking
        await store.flush()
        assert store.outbox.last_seq == number
        rows = await everything(store)
        assert [row.body for row in rows] == [
            event(n, coalesces=n % 50 != 0).body for n in range(1, number + 1)
        ]
        await store.close()


async def test_events_that_wait_for_a_broken_disk_do_not_fill_the_memory(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    with failing_writes():
        for first in range(1, 3001, 100):
            batch = tuple(event(n, coalesces=n % 100 != 0) for n in range(first, first + 100))
            with pytest.raises(StoreFull):
                await store.save(Change(events=batch))
            assert store._commits.waiting <= 1000 + 100 + 3
    await store.save(Change(events=(event(3001),)))
    rows = await everything(store)
    assert sum(row.dropped.count for row in rows if row.dropped) > 1900
    assert {row.seq for row in rows if row.dropped is None} >= {*range(100, 3001, 100), 3001}
    await store.close()
