"""Bad disks, bad files, bad clocks."""

import asyncio
import logging
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.store import Change, Store, StoreError, StoreFull
from tests.sim.store_values import GARAGE, NOON, ROOF, HandClock, action, open_store

MB = 1024 * 1024


@contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[Path]:
    """A file system of its own that can really be full."""
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "none", str(folder)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(
            "a small file system cannot be mounted here: root may, in a container with "
            "CAP_SYS_ADMIN"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def failing_writes() -> Iterator[None]:
    """No file of this process grows: every write beyond its first bytes is an I/O error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(folder: Path) -> Path:
    """Take every byte that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    return filler


def many(number: int, names: int = 400) -> dict[str, float]:
    """So many values that all differ from those of other numbers."""
    return {f"n{index}_w": float(number * 7919 % 10007 + index) for index in range(names)}


async def test_facts_survive_a_full_disk_and_samples_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with small_disk(tmp_path / "disk", 2048) as disk:
        clock = HandClock()
        store = await Store.open(disk / "hearth.db", clock, commit_every_s=0.05)
        filler = fill(disk)
        kept, refused = await save_until_refused(store, clock)
        assert kept >= 1  # the ballast was worth something
        assert refused
        assert store.samples_dropped >= 400
        assert store.problem is not None
        assert "is full" in store.problem
        assert "free some space" in store.problem
        begun = await store.transactions.open_transaction(
            charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=0.0
        )
        assert await store.transactions.open_transactions() == [begun]

        os.unlink(filler)  # noqa: PTH108 -- a Path is as blocking
        async with asyncio.TaskGroup() as group:
            job = group.create_task(store.run())
            async with asyncio.timeout(5):
                while store.problem is not None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            job.cancel()
        dropped = store.samples_dropped
        store.record(clock.now(), ROOF, many(1))
        await store.flush()
        assert store.samples_dropped == dropped
        known = await store.load()
        assert {int(key) for key in known.settings} == {*range(kept), *refused}
        await store.close()
        store = await Store.open(disk / "hearth.db", clock)
        assert await store.transactions.open_transactions() == [begun]
        assert (await store.load()).pending == ()
        await store.close()
    assert len([m for m in caplog.messages if "is full" in m]) == 1
    assert len([m for m in caplog.messages if "can be written again" in m]) == 1


async def save_until_refused(store: Store, clock: HandClock) -> tuple[int, list[int]]:
    """Save facts of 4 kB until three were refused; returns how many were kept, and those."""
    kept, refused = 0, list[int]()
    while len(refused) < 3:
        number = kept + len(refused)
        store.record(clock.now(), ROOF, many(number))
        if number == 1:
            await store.flush()
        await clock.sleep(1)
        try:
            await store.save(Change(settings={f"{number}": {"x": os.urandom(2000).hex()}}))
        except StoreFull:
            refused.append(number)
        else:
            assert not refused
            kept += 1
    return kept, refused


async def test_an_io_error_acknowledges_nothing_and_loses_no_fact(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    await store.save(Change(actions=(action("old"),), settings={"a": {"n": 1}, "b": {}}))
    with failing_writes():
        store.record(clock.now(), ROOF, {"power_w": 1.0})
        await store.flush()
        assert store.samples_dropped == 1
        with pytest.raises(StoreFull, match="check or replace the memory card"):
            await store.save(Change(actions=(action("old", pending=False), action("new"))))
        with pytest.raises(StoreFull):
            await store.save(Change(settings={"a": {"n": 2}, "b": None}))
        assert (await store.load()).settings == {"a": {"n": 1}, "b": {}}
    await store.save(Change(settings={"c": {}}))
    known = await store.load()
    assert [a.id for a in known.pending] == ["new"]
    assert known.settings == {"a": {"n": 2}, "c": {}}
    assert store.problem is None
    store.record(clock.now(), ROOF, {"power_w": 1.0})  # unchanged, but the last one was lost
    await store.flush()
    assert await store.raw(ROOF, "power_w", NOON, NOON + timedelta(days=1)) == [(NOON, 1.0)]
    await store.close()


async def test_at_its_own_quota_the_oldest_samples_go_without_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock, quota_mb=2)
    for minute in range(360):
        store.record(clock.now(), ROOF, many(minute))
        if minute % 10 == 0:
            await store.save(Change(settings={f"{minute}": {}}))
        await clock.sleep(60)
        await store.flush()
    assert store.problem is None
    assert store.samples_dropped == 0
    assert caplog.messages == []
    assert size_of(tmp_path / "hearth.db") <= 2 * MB
    assert len((await store.load()).settings) == 36
    end = clock.now().at
    raw = await store.raw(ROOF, "n0_w", NOON, end)
    assert raw[-1][0] == end - timedelta(minutes=1)
    assert raw[0][0] > NOON + timedelta(hours=1)
    buckets = await store.history(ROOF, "n0_w", NOON, end)
    assert len(buckets) == 24
    assert {bucket.known_s for bucket in buckets[:-1]} == {900}
    await store.close()


async def test_what_is_no_database_is_set_aside_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for suffix in ("", "-wal", "-shm"):
        write(tmp_path / f"hearth.db{suffix}", b"not a database" * 100)
    store = await open_store(tmp_path)
    await store.save(Change(memory=b"new"))
    await store.close()
    aside = "hearth.db.corrupt-20260601-120000"
    for suffix in ("", "-wal", "-shm"):
        assert read(tmp_path / f"{aside}{suffix}") == b"not a database" * 100
    (message,) = caplog.messages
    assert "hearth.db is damaged" in message
    assert f"kept as {aside}" in message


async def test_after_a_crash_damage_anywhere_is_found_at_the_start(tmp_path: Path) -> None:
    path = await crashed(tmp_path)
    damage(path)
    store = await Store.open(path, HandClock())
    await store.close()
    assert names(path.parent, "*.corrupt-*")


async def test_a_crash_without_damage_sets_nothing_aside(tmp_path: Path) -> None:
    path = await crashed(tmp_path)
    store = await Store.open(path, HandClock())
    assert (await store.load()).memory == b"fact"
    await store.close()
    assert not names(path.parent, "*.corrupt-*")


async def test_damage_found_at_work_ends_the_process_and_is_set_aside_at_the_next_start(
    tmp_path: Path,
) -> None:
    path = await crashed(tmp_path)
    await (await Store.open(path, HandClock())).close()  # cleanly stopped: no check follows
    damage(path)
    clock = HandClock(NOON + timedelta(days=30), mono_s=1e6)
    store = await Store.open(path, clock, commit_every_s=0.01)
    await store.flush()
    await clock.sleep(7200)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        await store.run()
    await store.close()
    assert not names(path.parent, "*.corrupt-*")
    await (await Store.open(path, clock)).close()
    assert names(path.parent, "*.corrupt-*")


async def test_a_record_that_cannot_be_read_is_left_alone_and_in_nobodys_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(actions=(action("old"),)))
    await store._writer.whole(
        lambda db: db.execute("UPDATE action SET doc = replace(doc, 'SET_MAX_CURRENT', 'DANCE')")
    )
    await store.close()
    caplog.clear()
    store = await open_store(tmp_path)
    assert (await store.load()).pending == ()
    assert all("cannot be read ('DANCE' is not a valid ActionKind)" in m for m in caplog.messages)
    await store.save(Change(actions=(action("new"),)))
    assert [a.id for a in (await store.load()).pending] == ["new"]
    count = await store._writer.whole(
        lambda db: db.execute("SELECT count(*) FROM action").fetchone()
    )
    assert count == (2,)
    await store.close()


async def test_transaction_ids_grow_when_the_database_was_lost(tmp_path: Path) -> None:
    clock, ids = HandClock(), []
    for _ in range(3):
        store = await open_store(tmp_path, clock)
        for number in range(5):
            begun = await store.transactions.open_transaction(
                charger=GARAGE,
                id_tag="tag",
                started_at=clock.now().at + timedelta(seconds=number),
                meter_start_wh=None,
            )
            ids.append(begun.id)
        await store.close()
        write(tmp_path / "hearth.db", b"x" * 5000)
        await clock.sleep(60)
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**31


async def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    write(tmp_path / "file", b"")
    with pytest.raises(StoreError, match=r"file cannot be written .*chown"):
        await Store.open(tmp_path / "file" / "hearth.db", HandClock())
    mkdir(tmp_path / "hearth.db")
    with pytest.raises(StoreError, match=r"hearth\.db cannot be opened"):
        await open_store(tmp_path)


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_jumps_by_hours_costs_no_fact_and_no_error(
    tmp_path: Path, hours: int
) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    for jump in (0, hours, -hours):
        clock.jump(timedelta(hours=jump))
        for second in range(0, 1200, 60):
            store.record(clock.now(), ROOF, {"power_w": float(second + abs(jump))})
            await clock.sleep(60)
        await store.flush()
        await store.save(Change(settings={f"{clock.now().mono_s}": {}}))
        await store._tidy(clock.now())
    assert len((await store.load()).settings) == 3
    far = timedelta(days=2)
    assert await store.history(ROOF, "power_w", NOON - far, NOON + far)
    await store.close()


async def test_a_clock_years_ahead_throws_nothing_away(tmp_path: Path) -> None:
    clock = HandClock()
    store = await open_store(tmp_path, clock)
    store.record(clock.now(), ROOF, {"power_w": 1.0})
    await store.flush()
    clock.jump(timedelta(days=365 * 26))
    store.record(clock.now(), ROOF, {"power_w": 2.0})
    await store.flush()
    await store._tidy(clock.now())
    assert await store.raw(ROOF, "power_w", NOON, NOON + timedelta(hours=1))
    assert (await store.load()).last_at == NOON  # else the right time would be distrusted
    clock.jump(timedelta(days=-365 * 26))
    await store.flush()
    await clock.sleep(4000)
    await store._tidy(clock.now())
    everything = await store.raw(ROOF, "power_w", NOON, NOON + timedelta(days=365 * 30))
    assert [value for _, value in everything] == [1.0]
    await store.close()


async def test_old_samples_go_and_their_quarters_stay(tmp_path: Path) -> None:
    clock = HandClock()
    store = await Store.open(tmp_path / "hearth.db", clock, keep_raw_days=1)
    quarters = 2 * 24 * 4
    for _ in range(quarters):
        store.record(clock.now(), ROOF, {"power_w": 100.0, "energy_wh": clock.now().mono_s})
        await clock.sleep(900)
    await store.flush()
    clock.value = replace(clock.value, trusted=False)
    await store._tidy(clock.now())
    raw = await store.raw(ROOF, "power_w", NOON, clock.now().at)
    assert [value for _, value in raw].count(100.0) == quarters
    clock.value = replace(clock.value, trusted=True)
    await store._tidy(clock.now())
    await clock.sleep(3600)
    await store._tidy(clock.now())
    raw = await store.raw(ROOF, "power_w", NOON, clock.now().at)
    assert raw[0][0] >= clock.now().at - timedelta(days=1)
    days = await store.history(ROOF, "power_w", NOON, clock.now().at, step_s=86400)
    assert sum(day.known_s for day in days) == quarters * 900 - 600  # the last holds for 300 s
    await store.close()


async def crashed(tmp_path: Path) -> Path:
    """The files of a store with many samples, as a crash leaves them."""
    clock = HandClock()
    folder = tmp_path / "crashed"
    folder.mkdir()
    store = await open_store(tmp_path, clock)
    for minute in range(60):
        store.record(clock.now(), ROOF, many(minute))
        await clock.sleep(60)
    await store.flush()
    await store._writer.whole(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    await store.save(Change(memory=b"fact"))
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"hearth.db{suffix}", folder)
    await store.close()
    return folder / "hearth.db"


def damage(path: Path) -> None:
    """Overwrite a page of samples, which nobody reads at the start.

    They lie in leaves of an index tree (first byte 10, SQLite file format, section 1.6).
    """
    content = path.read_bytes()
    leaves = [at for at in range(4096, len(content), 4096) if content[at] == 10]
    with path.open("r+b") as file:
        file.seek(leaves[len(leaves) // 2])
        file.write(b"\xff" * 4096)


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


def size_of(path: Path) -> int:
    return path.stat().st_size


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def read(path: Path) -> bytes:
    return path.read_bytes()


def mkdir(path: Path) -> None:
    path.mkdir()
