"""Control and the loop with a disk that is slow or fails: cars are charged all the same."""

import asyncio
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

SLOW_S = 0.2


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
