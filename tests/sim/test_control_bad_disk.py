"""Control and the loop with a disk that is slow or fails: cars are charged all the same."""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.bridges.status import document
from agent.model.intents import ChargeCommand, ChargerMode, CurrentLimit
from agent.store import Store
from tests.sim.test_control import CLOCK, home
from tests.sim.test_store_faults import failing_writes
from tests.unit.house import GARAGE, charger, charging, grid

pytestmark = pytest.mark.timed

SLOW_S = 0.2
PATIENCE_S = 0.5


@asynccontextmanager
async def slow_commits(store: Store) -> AsyncIterator[list[str]]:
    """Each COMMIT takes that much longer, as the flush of a worn memory card does."""
    commits = list[str]()

    def trace(sql: str) -> None:
        if sql == "COMMIT":
            commits.append(sql)
            time.sleep(SLOW_S)

    await store._writer.whole(lambda db: db.set_trace_callback(trace))
    yield commits
    await store._writer.whole(lambda db: db.set_trace_callback(None))


async def lateness_s(for_s: float) -> list[float]:
    """How late a timer of 2 ms fires, ascending."""
    late, end_s = list[float](), time.monotonic() + for_s
    while time.monotonic() < end_s:
        before_s = time.monotonic()
        await asyncio.sleep(0.002)
        late.append(time.monotonic() - before_s - 0.002)
    return sorted(late)


async def test_slow_flushes_do_not_hold_up_the_loop(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "hearth.db", CLOCK)

    async def write(commits: list[str]) -> None:
        while len(commits) < 5:
            store.record(CLOCK.now(), GARAGE, {"power_w": time.monotonic()})
            await store.flush()

    async with slow_commits(store) as commits, asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(write(commits))
        late_s = await lateness_s(5 * SLOW_S)
        await writing
    await store.close()
    assert late_s[int(len(late_s) * 0.99)] < SLOW_S / 2


async def test_a_fact_is_acknowledged_when_a_slow_disk_has_it_and_not_before(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path / "hearth.db", CLOCK)
    async with slow_commits(store):
        before_s = time.monotonic()
        await store.notebook.write_note("topic", "key", {"n": 1})
        assert time.monotonic() - before_s >= SLOW_S
    await store.close()


async def test_a_fuse_is_spared_while_a_slow_disk_writes_a_persons_wish(tmp_path: Path) -> None:
    async with home(tmp_path) as h, slow_commits(h.store), asyncio.TaskGroup() as tasks:
        now = CLOCK.now()
        await h.house.report(grid(17 * 690.0, now))
        await h.house.report(replace(charging(16.0, now), max_current_a=16.0))
        await h.until(lambda p: GARAGE in p.targets)
        wish = CurrentLimit(device=GARAGE, max_current_a=15.0)
        asked = tasks.create_task(h.control.submit(wish))
        await asyncio.sleep(0.01)
        before_s = time.monotonic()
        h.bench.told.clear()
        await h.house.report(grid(30 * 690.0, CLOCK.now()))
        await h.bench.told.wait()
        assert time.monotonic() - before_s < SLOW_S / 2
        assert not asked.done()
        assert h.bench.sent[-1].max_current_a == pytest.approx(10.0)  # type: ignore[union-attr]


async def test_a_failing_disk_stops_no_command_and_is_shown(tmp_path: Path) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        await h.until(lambda p: GARAGE in p.targets)
        with failing_writes():
            answer = await h.control.submit(ChargeCommand(device=GARAGE, charging=True))
            picture = await h.until(lambda p: p.store_problem is not None and bool(h.bench.sent))
        assert answer.action is not None
        assert h.said()[-1] == "manual-start"
        problem = document(picture)["store"]["problem"]
        assert "check or replace the memory card" in problem
        await h.store.flush()
        await h.house.report(grid(510.0, CLOCK.now()))
        await h.until(lambda p: p.store_problem is None)
        assert (await h.store.load()).settings["charger:garage"]["manual"] is True


@asynccontextmanager
async def hung_disk(store: Store) -> AsyncIterator[threading.Event]:
    """Commits wait until the event is set, as at a card that has stopped to answer."""
    answers = threading.Event()

    def trace(sql: str) -> None:
        if sql == "COMMIT":
            answers.wait(20)

    await store._writer.whole(lambda db: db.set_trace_callback(trace))
    try:
        yield answers
    finally:
        answers.set()
        await store._writer.whole(lambda db: db.set_trace_callback(None))


def action_ids(db: sqlite3.Connection) -> set[str]:
    return {id_ for (id_,) in db.execute("SELECT id FROM action")}


async def test_a_disk_that_hangs_holds_up_nobody_for_long_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        await h.until(lambda p: GARAGE in p.targets)
        async with hung_disk(h.store) as answers:
            h.store._commits.answer_within_s = PATIENCE_S
            before_s = time.monotonic()
            wish = ChargeCommand(device=GARAGE, charging=True)
            answer = await h.control.submit(wish)
            waited_s = time.monotonic() - before_s
            assert PATIENCE_S - 0.1 < waited_s < PATIENCE_S + 1
            assert answer.action is not None
            await h.until(lambda p: p.store_problem is not None and bool(h.bench.sent))
            assert "does not answer" in str(h.store.problem)
            before_s = time.monotonic()
            await h.store.notebook.write_note("told", "by", {"while": "it hung"})
            limit = CurrentLimit(device=GARAGE, max_current_a=12.0)
            assert (await h.control.submit(limit)).problem is None
            assert time.monotonic() - before_s < 1
            answers.set()
            async with asyncio.timeout(2):
                while h.store.problem is not None:
                    await h.store.flush()
                    await asyncio.sleep(0.01)
        assert (await h.store.load()).settings["charger:garage"]["manual"] is True
        assert answer.action.id in await h.store._writer.whole(action_ids)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    again = await Store.open(tmp_path / "hearth.db", CLOCK)
    assert await again.notebook.read_note("told", "by") == {"while": "it hung"}
    await again.close()


async def test_a_writer_that_lost_its_work_ends_hearth_instead_of_waiting_for_ever(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path / "hearth.db", CLOCK, commit_every_s=1)
    store._commits.answer_within_s = PATIENCE_S
    read, store._writer._tx = store._writer._tx, queue.SimpleQueue()  # which no thread reads
    store.record(CLOCK.now(), GARAGE, {"power_w": 1.0})
    with pytest.raises(RuntimeError, match="writes no more"):
        async with asyncio.timeout(PATIENCE_S + 4):
            await store.run()
    store._writer._tx = read
    await store.close()


async def test_a_stop_does_not_wait_for_a_disk_that_hangs(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "hearth.db", CLOCK)
    thread, answers = store._writer._thread, threading.Event()

    def trace(sql: str) -> None:
        if sql == "COMMIT":
            answers.wait(20)

    await store._writer.whole(lambda db: db.set_trace_callback(trace))
    store._commits.answer_within_s = PATIENCE_S
    store.record(CLOCK.now(), GARAGE, {"power_w": 1.0})
    before_s = time.monotonic()
    await store.close()
    assert time.monotonic() - before_s < PATIENCE_S + 3
    answers.set()
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()
