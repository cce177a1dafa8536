"""How large the database grows: six devices with twelve figures each, stored every 10 s.

Half of the figures are new each time, a third moves each 100 s or so, the rest stands still.
Time is virtual and nothing is sent anywhere, as if a house had been offline: a week, and then
the rest of a month. HEARTH_STORED_DAYS sets how long the whole takes (30). The baseline is a
row of text per figure, measured for two hours and scaled.
"""

import asyncio
import os
import random
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.store import Store
from benchmarks.figures import Baseline, Figure

TICK_S, COMMIT_S, TIDY_S, DAY_S = 10, 60, 3600, 86_400
WEEK_DAYS = 7
DAYS = int(os.environ.get("HEARTH_STORED_DAYS", "30"))
BARE_S = 7200
QUOTA_MB = 128
BARE = "a row of text per figure, scaled from 2 h"
NAMES = [
    "power_w", "power_l1_w", "power_l2_w", "power_l3_w", "current_l1_a", "current_l2_a",
    "import_wh", "export_wh", "voltage_l1_v", "frequency_hz", "rated_w", "limit_percent",
]  # fmt: skip
NOISY, SLOW = NAMES[:6], NAMES[6:10]
SLOW_SHARE = 0.1  # of ticks at which a slow figure moves
DEVICES = [DeviceId(f"device{number}") for number in range(6)]
SCHEMA = "CREATE TABLE reading (id TEXT PRIMARY KEY, device TEXT, metric TEXT, at TEXT, value TEXT)"
INDEX = "CREATE INDEX reading_by_metric ON reading (device, metric, at)"


class Clock:
    """Moved by hand."""

    value = Now(at=datetime(2026, 6, 1, tzinfo=UTC), mono_s=1000.0)

    def now(self) -> Now:
        return self.value

    async def sleep(self, seconds: float) -> None:
        self.value = self.value.later(seconds)


class Devices:
    """What six devices say, tick by tick."""

    def __init__(self) -> None:
        self._dice = random.Random(7)
        self._slow = {(d, name): 1000.0 for d in DEVICES for name in SLOW}

    def say(self) -> Iterator[tuple[DeviceId, Mapping[str, float]]]:
        uniform = self._dice.uniform
        for device in DEVICES:
            values = {name: uniform(0.0, 5000.0) for name in NOISY}
            for name in SLOW:
                if uniform(0.0, 1.0) < SLOW_SHARE:
                    self._slow[device, name] += 1.0
                values[name] = self._slow[device, name]
            yield device, values | {"rated_w": 8000.0, "limit_percent": 100.0}


def measure(folder: Path) -> list[Figure]:
    sizes_mb = asyncio.run(_ours(folder / "hearth.db"))
    bare_mb = _bare(folder / "bare.db") * DAY_S / BARE_S
    return [
        Figure(
            name=f"store.{days}_days_mb",
            value=size_mb,
            unit="MB",
            baseline=Baseline(BARE, bare_mb * days),
            aim=aim_mb,
            part="week",
        )
        for days, size_mb, aim_mb in zip(
            (WEEK_DAYS, DAYS), sizes_mb, (40.0, QUOTA_MB * 1.048576), strict=True
        )
    ]


async def _ours(path: Path) -> tuple[float, float]:
    """Size of the database after a week, and at the end."""
    clock, devices, week_mb = Clock(), Devices(), 0.0
    store = await Store.open(path, clock, quota_mb=QUOTA_MB)
    for tick in range(1, DAYS * DAY_S // TICK_S + 1):
        for device, values in devices.say():
            store.record(clock.now(), device, values)
        await clock.sleep(TICK_S)
        if tick * TICK_S % COMMIT_S == 0:
            await store.flush()
        if tick * TICK_S % TIDY_S == 0:
            await store._tidy(clock.now())  # noqa: SLF001 - what run() does each hour
        if tick * TICK_S == WEEK_DAYS * DAY_S:
            week_mb = _size_mb(path)
    end_mb = _size_mb(path)
    await store.close()
    return week_mb, end_mb


def _bare(path: Path) -> float:
    clock, devices = Clock(), Devices()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(SCHEMA)
        db.execute(INDEX)
        db.execute("BEGIN")
        for tick in range(BARE_S // TICK_S):
            at = (clock.value.at + timedelta(seconds=tick * TICK_S)).isoformat()
            db.executemany(
                "INSERT INTO reading VALUES (?, ?, ?, ?, ?)",
                [
                    (str(uuid.uuid4()), device, name, at, str(value))
                    for device, values in devices.say()
                    for name, value in values.items()
                ],
            )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size / 1e6


def _size_mb(path: Path) -> float:
    """The database alone; its log (4.5 MB) and the ballast (0.3 MB) stay as they are."""
    return path.stat().st_size / 1e6
