"""Writes facts and samples for a while, on whatever disk there is, and says how that went.

    python -m benchmarks.peers.store_writer ours|inline|facts FOLDER

ours and inline print {"late_ms": [...]}, how late a timer in the loop fired while the store, or
sqlite3 in the loop itself, committed. facts makes flushes fail now and then (BAD_FSYNC_FAILS)
and prints {"kept": n, "refused": n, "false": n}; a false one was acknowledged though no flush
had succeeded. FOLDER must be the program's own.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from agent.clock import SystemClock
from agent.model.readings import DeviceId
from agent.store import Change, Store, StoreFull

SECONDS = 6.0
FACTS = 60
LOOK_EVERY_S = 0.002
DEVICE = DeviceId("grid")


async def ours(folder: Path) -> dict[str, object]:
    clock, number = SystemClock(), 0
    store = await Store.open(folder / "ours.db", clock)

    async def commit() -> None:
        nonlocal number
        number += 1
        store.record(clock.now(), DEVICE, {"power_w": float(number)})
        await store.save(Change(settings={"number": {"n": number}}))

    try:
        return {"late_ms": await _lateness_ms(commit)}
    finally:
        await store.close()


async def inline(folder: Path) -> dict[str, object]:
    with closing(sqlite3.connect(folder / "inline.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE setting (n INTEGER)")

        async def commit() -> None:
            db.execute("INSERT INTO setting VALUES (1)")

        return {"late_ms": await _lateness_ms(commit)}


async def facts(folder: Path) -> dict[str, object]:
    """Every third fact meets a disk whose flushes fail."""
    bad, counts = Path(os.environ["BAD_FSYNC_FAILS"]), {"kept": 0, "refused": 0, "false": 0}
    store = await Store.open(folder / "facts.db", SystemClock())
    for number in range(FACTS):
        failing = number % 3 == 2
        _let_fail(bad, failing)
        try:
            await store.save(Change(settings={f"{number}": {"n": number}}))
        except StoreFull:
            counts["refused"] += 1
        else:
            counts["false" if failing else "kept"] += 1
    _let_fail(bad, False)
    await store.flush()
    known = (await store.load()).settings
    await store.close()
    return {**counts, "lost": FACTS - len(known)}


def _let_fail(bad: Path, fails: bool) -> None:  # noqa: FBT001
    """Whether flushes fail from now on."""
    if fails:
        bad.touch()
    else:
        bad.unlink(missing_ok=True)


async def _lateness_ms(commit: Callable[[], Awaitable[None]]) -> list[float]:
    end_s, late_ms = time.monotonic() + SECONDS, list[float]()

    async def work() -> None:
        while time.monotonic() < end_s:
            await commit()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look() -> None:
        while time.monotonic() < end_s:
            due_s = time.monotonic() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            late_ms.append(1000 * (time.monotonic() - due_s))

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        group.create_task(look())
    return late_ms


if __name__ == "__main__":
    job = {"ours": ours, "inline": inline, "facts": facts}[sys.argv[1]]
    print(json.dumps(asyncio.run(job(Path(sys.argv[2])))), flush=True)
