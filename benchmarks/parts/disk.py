"""Bytes to disk of the whole demo house, as a day would have them.

The house runs ten times as fast as the wall, so that a short stretch holds many commits and a
change of the quarter hour; figures are per hour of the house. Bytes are the sectors written to
a loop-mounted ext4 with nothing else on it, file system's own included, or without root what
the kernel accounts to the process. The baseline stores each figure that Hearth shows once a
second of the house as a row of text and commits each second, on a disk of the same kind.
"""

import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from agent.cli.demo.house import DemoHouse
from benchmarks.demo import demo_house
from benchmarks.disk import Disk, disk
from benchmarks.figures import Baseline, Figure

SPEED = 10.0
MEASURED_S = 78.0
SETTLE_S = 7.0
SCHEMA = "CREATE TABLE reading (id TEXT PRIMARY KEY, device TEXT, metric TEXT, at TEXT, value TEXT)"
INDEX = "CREATE INDEX reading_by_metric ON reading (device, metric, at)"


def measure(folder: Path) -> list[Figure]:
    place = folder / "demo"
    place.mkdir()
    with disk(folder, "ours") as ours, disk(folder, "naive") as naive:
        settings = {"HEARTH_STORE__PATH": str(ours.folder / "hearth.db")}
        with (
            closing(_naive(naive.folder / "naive.db")) as db,
            demo_house(place, speed=SPEED, settings=settings) as house,
        ):
            time.sleep(SETTLE_S)
            ours_per_h, naive_per_h = _per_house_hour(house, ours, naive, db)
    how = "sectors on its own ext4" if ours.device else "write_bytes of the process"
    baseline = f"a row of text per figure, commit each second; {how}"
    return [
        Figure(
            name=name,
            value=scale * ours_per_h,
            unit=unit,
            baseline=Baseline(baseline, scale * naive_per_h),
            aim=aim,
            part="disk",
        )
        for name, unit, scale, aim in (
            ("disk.bytes_per_hour", "B/h", 1.0, None),
            ("disk.mb_per_day", "MB/day", 24 / 1e6, 100.0),
        )
    ]


def _per_house_hour(
    house: DemoHouse, ours: Disk, naive: Disk, db: sqlite3.Connection
) -> tuple[float, float]:
    """Bytes per hour of the house, with the checkpoints that stopping brings."""
    before = ours.written_bytes(house.daemon.pid), naive.written_bytes(os.getpid())
    began_s = time.monotonic()
    for _ in _seconds_of_the_house(MEASURED_S):
        _write_down(db, dict(house.status()))
    passed_h = (time.monotonic() - began_s) * SPEED / 3600
    pid = house.daemon.pid
    if ours.device is not None:
        house.stop()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    after = ours.written_bytes(pid), naive.written_bytes(os.getpid())
    return (after[0] - before[0]) / passed_h, (after[1] - before[1]) / passed_h


def _seconds_of_the_house(real_s: float) -> Iterator[None]:
    began_s = time.monotonic()
    for tick in range(int(real_s * SPEED)):
        time.sleep(max(0.0, began_s + tick / SPEED - time.monotonic()))
        yield


def _naive(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(SCHEMA)
    db.execute(INDEX)
    return db


def _write_down(db: sqlite3.Connection, document: dict[str, Any]) -> None:
    at = document["at"]
    rows = [
        (str(uuid.uuid4()), device["id"], metric, at, str(value))
        for device in document["devices"]
        for metric, value in device["state"].items()
        if isinstance(value, int | float)
    ]
    db.execute("BEGIN")
    db.executemany("INSERT INTO reading VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("COMMIT")
