"""How late the event loop is while the database commits.

Seventy-two figures are recorded and committed twenty times a second, some hundred times as often
as in a house; meanwhile a timer asks each 2 ms how late it is. The baseline inserts and commits
the same rows with sqlite3 in the loop itself.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from agent.clock import SystemClock
from agent.model.readings import DeviceId
from agent.store import Store
from benchmarks.figures import Baseline, Figure, typical

ROUNDS, ROUND_S = 3, 2.0
COMMIT_EVERY_S = 0.05
LOOK_EVERY_S = 0.002
NAMES = [f"power_l{number}_w" for number in range(12)]
DEVICES = [DeviceId(f"device{number}") for number in range(6)]

Commit = Callable[[], Awaitable[None]]


def measure(folder: Path) -> list[Figure]:
    pairs = [
        (asyncio.run(_ours(folder)), asyncio.run(_inline(folder / f"{number}.db")))
        for number in range(ROUNDS)
    ]
    return [
        Figure(
            name=f"loop.stall_{name}_ms",
            value=typical([ours_ms for ours_ms, _ in pairs], percent),
            unit="ms",
            baseline=Baseline(
                "sqlite3 in the loop itself", typical([bare_ms for _, bare_ms in pairs], percent)
            ),
            aim=aim_ms,
            part="loop",
        )
        for name, percent, aim_ms in (("p99", 99, 20.0), ("max", 100, None))
    ]


async def _ours(folder: Path) -> list[float]:
    clock = SystemClock()
    store = await Store.open(folder / "ours.db", clock)

    async def commit() -> None:
        now = clock.now()
        for device in DEVICES:
            store.record(now, device, dict(zip(NAMES, _figures(), strict=True)))
        await store.flush()

    try:
        return await _lateness_ms(commit)
    finally:
        await store.close()


async def _inline(path: Path) -> list[float]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE sample (t REAL, device TEXT, name TEXT, value REAL)")

        async def commit() -> None:
            rows = [
                (time.time(), device, name, value)
                for device in DEVICES
                for name, value in zip(NAMES, _figures(), strict=True)
            ]
            db.execute("BEGIN")
            db.executemany("INSERT INTO sample VALUES (?, ?, ?, ?)", rows)
            db.execute("COMMIT")

        return await _lateness_ms(commit)


def _figures() -> list[float]:
    return [random.uniform(0.0, 5000.0) for _ in NAMES]


async def _lateness_ms(commit: Commit) -> list[float]:
    """How late a timer fired, for as long as commits went on."""
    end_s, late_ms = time.monotonic() + ROUND_S, list[float]()

    async def work() -> None:
        while time.monotonic() < end_s:
            await commit()
            await asyncio.sleep(COMMIT_EVERY_S)

    async def look() -> None:
        while time.monotonic() < end_s:
            due_s = time.monotonic() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            late_ms.append(1000 * (time.monotonic() - due_s))

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        group.create_task(look())
    return late_ms
