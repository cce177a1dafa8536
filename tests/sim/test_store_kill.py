"""Killed with -9 at random moments under load; HEARTH_KILLS sets how often (20)."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from tests.sim.store_lives import Said, check_events, check_facts, check_samples

KILLS = int(os.environ.get("HEARTH_KILLS", "20"))
SOURCES = Path(__file__).parents[2]


def live_and_die(database: Path, first_sample: int, dice: random.Random) -> Said:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.sim.store_child", str(database), str(first_sample)],
        cwd=SOURCES,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        head = ""
        if dice.random() < 0.8:
            head = child.stdout.readline()
            assert head == "ready\n", child.stderr.read()
        told: list[str] = []
        # Read all the while: a child that waits for room in a full pipe stores nothing.
        reader = Thread(target=lambda: told.append(child.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        time.sleep(dice.uniform(0.0, 1.0))
        child.send_signal(signal.SIGKILL)
        killed_mono_s = time.monotonic()
        reader.join()
        (text,) = told
        errors = child.stderr.read()
    assert "Traceback" not in errors, errors
    return Said.read(head + text, killed_mono_s)


@pytest.mark.timeout(60 + 6 * KILLS)
def test_killed_at_any_moment_it_keeps_all_facts_and_loses_one_interval_of_samples(
    tmp_path: Path, seed: int
) -> None:
    dice, database, lives = random.Random(seed), tmp_path / "hearth.db", list[Said]()
    next_sample = 1
    for _ in range(KILLS):
        said = live_and_die(database, next_sample, dice)
        next_sample = said.last_sample(next_sample) + 1
        lives.append(said)

    db = sqlite3.connect(database)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], seed
    check_facts(db, lives, seed)
    check_events(db, lives, seed)
    check_samples(db, lives, seed)
    db.close()
    assert not list(tmp_path.glob("*.corrupt-*")), seed
