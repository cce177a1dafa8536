"""Samples for the cloud, read from where they lie, up to a cursor for each device."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from agent.store import Change, Gap, Store, StoreFull
from tests.sim.store_values import GARAGE, NOON, ROOF, HandClock, open_store
from tests.sim.test_store_faults import failing_writes, fill, many, small_disk

NOON_S = int(NOON.timestamp())
DAY = timedelta(days=1)


async def live(store: Store, clock: HandClock, seconds: int, first: int = 0) -> None:
    """Ten seconds after ten seconds: a power that grows, a voltage that stays."""
    for second in range(first, first + seconds, 10):
        store.record(clock.now(), ROOF, {"power_w": float(second), "voltage_v": 230.0})
        await clock.sleep(10)
    await store.flush()


async def test_samples_come_with_what_held_before_and_only_once_they_are_on_disk(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    assert store.telemetry.cursors([ROOF]) == {ROOF: NOON_S}
    store.record(clock.now(), ROOF, {"power_w": 1.0})
    nothing = await store.telemetry.samples(ROOF, NOON_S, NOON_S + 60)
    assert (nothing.to_s, nothing.series) == (NOON_S, {})
    await live(store, clock, 600)
    assert store.telemetry.until_s == NOON_S + 600
    found = await store.telemetry.samples(ROOF, NOON_S + 95, NOON_S + 120)
    assert (found.from_s, found.to_s, found.gaps) == (NOON_S + 95, NOON_S + 120, ())
    assert found.series == {
        "power_w": ((NOON_S + 95, 90.0), (NOON_S + 100, 100.0), (NOON_S + 110, 110.0)),
        "voltage_v": ((NOON_S + 95, 230.0),),
    }
    assert (await store.telemetry.samples(ROOF, NOON_S, NOON_S + 9999)).to_s == NOON_S + 600
    assert (await store.telemetry.samples(GARAGE, NOON_S, NOON_S + 60)).series == {}
    await store.close()


async def test_what_held_is_known_across_a_quarter_and_silence_is_told(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    await live(store, clock, 900)
    await clock.sleep(5)
    await store.flush()
    found = await store.telemetry.samples(ROOF, NOON_S + 902, NOON_S + 904)
    assert found.series["voltage_v"] == ((NOON_S + 902, 230.0),)
    await clock.sleep(600)
    await store.flush()
    found = await store.telemetry.samples(ROOF, NOON_S + 1000, NOON_S + 1300)
    assert found.series["voltage_v"] == ((NOON_S + 1000, 230.0), (NOON_S + 1190, None))
    await store.close()


async def test_a_cursor_survives_and_moves_forward_only(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    store.telemetry.cursors([ROOF])
    await live(store, clock, 300)
    store.telemetry.ack({ROOF: NOON_S + 200, GARAGE: NOON_S + 100})
    store.telemetry.ack({ROOF: NOON_S + 100})
    store.telemetry.ack({ROOF: NOON_S + 99_999})  # nobody can have these
    assert store.telemetry.cursors([ROOF]) == {ROOF: NOON_S + 200}
    await store.close()
    store = await open_store(tmp_path, clock)
    new = NOON_S + 300
    assert store.telemetry.cursors([ROOF, GARAGE]) == {ROOF: NOON_S + 200, GARAGE: new}
    await store.close()


async def test_a_cursor_that_a_wrong_clock_set_comes_back_from_the_future(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    clock.jump(9000 * DAY)
    store.telemetry.cursors([ROOF])
    clock.jump(-9000 * DAY)
    assert store.telemetry.cursors([ROOF]) == {ROOF: NOON_S}
    clock.value = replace(clock.value, trusted=False)
    assert store.telemetry.cursors([ROOF]) == {}
    await live(store, clock, 60)
    assert store.telemetry.until_s == 0
    await store.close()


async def test_what_the_cloud_has_not_is_kept_longer_and_then_told_as_a_gap(tmp_path: Path) -> None:
    clock = HandClock()
    store = await Store.open(tmp_path / "hearth.db", clock, keep_raw_days=1)
    store.telemetry.cursors([ROOF])
    await live(store, clock, 600)
    for _ in range(20):
        await clock.sleep(DAY.total_seconds())
        await store.flush()
        await store._tidy(clock.now())
    found = await store.telemetry.samples(ROOF, NOON_S, NOON_S + 600)
    assert len(found.series["power_w"]) == 60
    for _ in range(12):
        await clock.sleep(DAY.total_seconds())
        await store.flush()
        await store._tidy(clock.now())
    await live(store, clock, 60)
    found = await store.telemetry.samples(ROOF, NOON_S, NOON_S + 600)
    last_s = NOON_S + 590 + 300 + 1  # when it fell silent
    assert found.gaps == (Gap(from_s=NOON_S, to_s=last_s, reason="no-room"),)
    assert found.to_s == NOON_S + 600 + 32 * DAY.total_seconds()
    assert (await store.telemetry.samples(ROOF, last_s, NOON_S + 9999)).gaps == ()
    await store.close()


async def test_without_a_cloud_samples_go_after_their_days(tmp_path: Path) -> None:
    clock = HandClock()
    store = await Store.open(tmp_path / "hearth.db", clock, keep_raw_days=1)
    store.telemetry.cursors([ROOF])
    await store.close()
    store = await Store.open(tmp_path / "hearth.db", clock, keep_raw_days=1)
    await live(store, clock, 600)
    for _ in range(3):
        await clock.sleep(DAY.total_seconds())
        await store.flush()
        await store._tidy(clock.now())
    assert await store.raw(ROOF, "power_w", NOON, NOON + DAY) == []
    await store.close()


async def test_samples_that_a_full_disk_refused_are_a_gap(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2048) as disk:
        clock = HandClock()
        store = await open_store(disk, clock)
        store.telemetry.cursors([ROOF])
        await live(store, clock, 60)
        filler = fill(disk)
        await live(store, clock, 60)  # the ballast makes room for facts, but not for samples
        assert store.samples_dropped
        assert store.telemetry.until_s == NOON_S + 60  # nobody may read past what is not told
        for number in range(40):
            store.record(clock.now(), ROOF, many(number))
            await clock.sleep(10)
            try:
                await store.save(Change(settings={f"{number}": {"x": os.urandom(2000).hex()}}))
            except StoreFull:
                break
        await live(store, clock, 60)
        assert store.telemetry.until_s == NOON_S + 60
        os.unlink(filler)  # noqa: PTH108 -- a Path is as blocking
        lost_to_s = int(clock.now().at.timestamp()) - 10 + 1
        await live(store, clock, 60)
        found = await store.telemetry.samples(ROOF, NOON_S + 30, NOON_S + 9999)
        assert found.gaps == (Gap(from_s=NOON_S + 60, to_s=lost_to_s, reason="disk"),)
        await store.close()


async def test_samples_lost_to_a_failing_disk_are_a_gap_and_two_losses_are_two(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    store.telemetry.cursors([ROOF])
    for _ in range(2):
        with failing_writes():
            await live(store, clock, 60)
            await live(store, clock, 60, first=60)
        await live(store, clock, 60)
    found = await store.telemetry.samples(ROOF, NOON_S, NOON_S + 9999)
    assert [(gap.from_s - NOON_S, gap.to_s - NOON_S) for gap in found.gaps] == [
        (0, 111),
        (180, 291),
    ]
    await store.close()
