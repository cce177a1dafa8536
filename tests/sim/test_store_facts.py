import asyncio
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from agent.model.driver import Notebook, TransactionBook
from agent.store import Change, SecondPendingAction, Store, StoreError
from tests.sim.store_values import (
    GARAGE,
    NOON,
    ROOF,
    HandClock,
    action,
    entry,
    open_store,
    session,
)

FULL_CHANGE = Change(
    actions=(action("old", pending=False), action("new")),
    memory=b"\x00plan",
    settings={"mode": {"garage": "solar"}},
    sessions=(session("now"), session("before", is_open=False)),
    journal=(entry("charge at 6 A"), entry("pause")),
    counters={(ROOF, "production_wh"): {"total_wh": 5.5}},
)


async def test_all_that_was_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.save(FULL_CHANGE)
    await store.close()

    store = await open_store(tmp_path)
    known = await store.load()
    await store.close()
    assert known.pending == (action("new"),)
    assert known.finished == {GARAGE: action("old", pending=False)}
    assert known.memory == b"\x00plan"
    assert known.settings == {"mode": {"garage": "solar"}}
    assert known.sessions == (session("now"),)
    assert known.counters == {(ROOF, "production_wh"): {"total_wh": 5.5}}
    assert known.journal == (entry("charge at 6 A"), entry("pause"))
    assert known.last_at == NOON


async def test_a_saved_fact_is_in_the_file_before_save_returns(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(actions=(action("a"),)))
    other = sqlite3.connect(tmp_path / "hearth.db")
    assert other.execute("SELECT id FROM action").fetchall() == [("a",)]
    other.close()
    await store.close()


async def test_a_deferred_change_goes_with_the_next_saved_one(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    store.defer(Change(memory=b"1"))
    assert (await store.load()).memory is None
    await store.save(Change(settings={"x": {}}))
    assert (await store.load()).memory == b"1"
    await store.close()


async def test_callers_at_the_same_time_share_commits(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    before = _wal_commits(store)
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(store.save(Change(settings={f"{number}": {"n": number}})))
    assert len((await store.load()).settings) == 50
    assert _wal_commits(store) - before == 2
    await store.close()


async def test_a_caller_that_is_cancelled_spoils_no_commit_of_others(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    async with asyncio.TaskGroup() as group:
        leader = group.create_task(store.save(Change(settings={"leader": {}})))
        group.create_task(store.save(Change(settings={"follower": {}})))
        await asyncio.sleep(0)
        leader.cancel()
    assert set((await store.load()).settings) == {"leader", "follower"}
    await store.save(Change(settings={"later": {}}))
    await store.close()


async def test_run_commits_what_waits_when_it_is_cancelled(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    async with asyncio.TaskGroup() as group:
        job = group.create_task(store.run())
        await asyncio.sleep(0)
        store.defer(Change(memory=b"last words"))
        job.cancel()
    assert (await store.load()).memory == b"last words"
    await store.close()


async def test_run_commits_samples_by_itself(tmp_path: Path) -> None:
    clock = HandClock()
    store = await Store.open(tmp_path / "hearth.db", clock, commit_every_s=0.01)
    async with asyncio.TaskGroup() as group:
        job = group.create_task(store.run())
        store.record(clock.now(), ROOF, {"power_w": 500.0})
        await clock.sleep(1)
        async with asyncio.timeout(5):
            while not await store.raw(ROOF, "power_w", NOON, NOON + timedelta(hours=1)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        job.cancel()
    await store.close()


async def test_a_second_pending_action_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.save(Change(actions=(action("first"),)))
    with pytest.raises(SecondPendingAction, match="garage has the pending action first"):
        await store.save(Change(actions=(action("second"),), memory=b"x"))
    await store.save(Change(actions=(action("first", pending=False), action("second"))))
    known = await store.load()
    assert [a.id for a in known.pending] == ["second"]
    assert known.memory is None
    await store.close()


async def test_a_repeated_start_is_the_same_transaction(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    book: TransactionBook = store.transactions
    start = {"charger": GARAGE, "id_tag": "tag\ud800", "started_at": NOON, "meter_start_wh": 7.0}
    both = await asyncio.gather(book.open_transaction(**start), book.open_transaction(**start))  # type: ignore[arg-type]
    assert both[0] == both[1]
    other = await book.open_transaction(
        charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=None
    )
    assert other.id == both[0].id + 1
    await store.close()

    store = await open_store(tmp_path)
    again = await store.transactions.open_transaction(**start)  # type: ignore[arg-type]
    assert again == both[0]
    new = await store.transactions.open_transaction(**{**start, "meter_start_wh": 8.0})  # type: ignore[arg-type]
    assert new.id > other.id
    assert [t.id for t in await store.transactions.open_transactions()] == [
        again.id,
        other.id,
        new.id,
    ]
    await store.close()


async def test_a_reported_stop_replaces_an_inferred_one_and_then_stays(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    opened = await store.transactions.open_transaction(
        charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=0.0
    )

    async def close(wh: float, *, reconstructed: bool) -> float | None:
        closed = await store.transactions.close_transaction(
            charger=GARAGE,
            transaction_id=opened.id,
            stopped_at=NOON,
            meter_stop_wh=wh,
            reason="Local",
            reconstructed=reconstructed,
        )
        return closed.meter_stop_wh

    assert await close(10.0, reconstructed=True) == 10.0
    assert await close(20.0, reconstructed=False) == 20.0
    assert await close(30.0, reconstructed=True) == 20.0
    assert await close(40.0, reconstructed=False) == 20.0
    assert await store.transactions.open_transactions() == []
    await store.close()


@pytest.mark.parametrize("number", [-1, 0, 5, 2**31, 10**30])
async def test_a_stop_without_a_start_is_written_down_once(tmp_path: Path, number: int) -> None:
    store = await open_store(tmp_path)
    ids = set()
    for _ in range(2):
        closed = await store.transactions.close_transaction(
            charger=GARAGE,
            transaction_id=number,
            stopped_at=NOON,
            meter_stop_wh=900.0,
            reason=None,
        )
        ids.add(closed.id)
    assert len(ids) == 1
    assert 1 <= ids.pop() < 2**31
    assert closed.meter_stop_wh == 900.0
    await store.close()


async def test_a_transaction_of_another_charger_is_not_closed(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    opened = await store.transactions.open_transaction(
        charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=0.0
    )
    closed = await store.transactions.close_transaction(
        charger=ROOF,
        transaction_id=opened.id,
        stopped_at=NOON,
        meter_stop_wh=1.0,
        reason=None,
    )
    assert closed.id != opened.id
    assert await store.transactions.open_transactions() == [opened]
    await store.close()


async def test_notes_survive_and_can_be_forgotten(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    book: Notebook = store.notebook
    await book.write_note("ocpp", "garage", {"keys": ["a"], "n": 1})
    await book.write_note("ocpp", "barn", {})
    await book.write_note("ocpp", "barn", None)
    await store.close()

    store = await open_store(tmp_path)
    assert await store.notebook.read_note("ocpp", "garage") == {"keys": ["a"], "n": 1}
    assert await store.notebook.read_note("ocpp", "barn") is None
    assert await store.notebook.read_notes("ocpp") == {"garage": {"keys": ["a"], "n": 1}}
    assert await store.notebook.read_notes("modbus") == {}
    await store.close()


async def test_a_backup_opens_as_a_database_and_overwrites_nothing(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    store.defer(Change(memory=b"in it"))
    copy = tmp_path / "copies" / "monday.db"
    copy.parent.mkdir()
    await store.backup(copy)
    with pytest.raises(StoreError, match=r"monday\.db exists"):
        await store.backup(copy)
    with pytest.raises(StoreError, match="cannot be written"):
        await store.backup(tmp_path / "nowhere" / "x.db")
    await store.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600

    store = await Store.open(copy, HandClock())
    assert (await store.load()).memory == b"in it"
    await store.close()


async def test_folder_and_file_are_for_the_owner_alone(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "var" / "hearth.db", HandClock())
    await store.save(Change(memory=b""))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "var").iterdir()}
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert {"hearth.db", "hearth.db-wal", "hearth.db.lock", "hearth.db.ballast"} <= set(modes)
    assert set(modes.values()) == {0o600}
    await store.close()


async def test_two_hearths_cannot_share_a_database(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    with pytest.raises(StoreError, match="another Hearth"):
        await open_store(tmp_path)
    await store.close()
    await (await open_store(tmp_path)).close()


async def test_after_close_a_call_fails_rather_than_waits(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store.close()
    with pytest.raises(RuntimeError):
        await store.save(Change(memory=b"late"))


def _wal_commits(store: Store) -> int:
    """Commit frames in the WAL: those with a database size in their header (SQLite file format,
    section 4.1)."""
    wal = store._files.path.with_name("hearth.db-wal").read_bytes()
    frame = 24 + 4096
    return sum(int.from_bytes(wal[at + 4 : at + 8], "big") > 0 for at in range(32, len(wal), frame))
