"""Killed with -9 at random moments under load; HEARTH_KILLS sets how often (20)."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.sim.store_child import COMMIT_EVERY_S
from tests.sim.store_values import NOON

KILLS = int(os.environ.get("HEARTH_KILLS", "20"))
SLACK_S = 0.3  # the commits themselves, on a busy machine
SOURCES = Path(__file__).parents[2]


@dataclass
class Said:
    """What one child said before it was killed."""

    lines: dict[str, list[list[str]]] = field(default_factory=dict)
    killed_mono_s: float = 0.0

    def of(self, kind: str) -> Iterator[list[str]]:
        yield from self.lines.get(kind, [])


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
        said, head = Said(), ""
        if dice.random() < 0.8:
            head = child.stdout.readline()
            assert head == "ready\n", child.stderr.read()
        time.sleep(dice.uniform(0.0, 0.8))
        child.send_signal(signal.SIGKILL)
        said.killed_mono_s = time.monotonic()
        text = child.stdout.read()
        errors = child.stderr.read()
    assert "Traceback" not in errors, errors
    for line in (head + text).splitlines(keepends=True):
        if line.endswith("\n"):
            kind, *rest = line.split()
            said.lines.setdefault(kind, []).append(rest)
    return said


@pytest.mark.timeout(60 + 6 * KILLS)
def test_killed_at_any_moment_it_keeps_all_facts_and_loses_one_interval_of_samples(
    tmp_path: Path,
) -> None:
    seed = random.randrange(2**32)
    dice, database, lives = random.Random(seed), tmp_path / "hearth.db", list[Said]()
    next_sample = 1
    for _ in range(KILLS):
        said = live_and_die(database, next_sample, dice)
        numbers = [int(number) for number, _ in said.of("sample")]
        next_sample = max(numbers, default=next_sample) + 1
        lives.append(said)

    db = sqlite3.connect(database)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], seed
    check_facts(db, lives, seed)
    check_samples(db, lives, seed)
    db.close()
    assert not list(tmp_path.glob("*.corrupt-*")), seed


def check_facts(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    actions = {name for (name,) in db.execute("SELECT id FROM action")}
    acknowledged = {name for said in lives for (name,) in said.of("action")}
    assert len(acknowledged) > KILLS, "the children did next to nothing"
    assert acknowledged <= actions, seed
    pending = db.execute("SELECT count(*) FROM action WHERE state = 'PENDING' GROUP BY device")
    assert set(pending) == {(1,)}, seed
    still_open = dict(db.execute("SELECT id, open FROM charge"))
    starts = [int(name) for said in lives for (name,) in said.of("start")]
    assert len(set(starts)) == len(starts), f"an id was given out twice, {seed}"
    assert set(starts) <= set(still_open), seed
    assert not any(still_open[int(name)] for said in lives for (name,) in said.of("stop")), seed
    notes = [(pid, int(n)) for said in lives for pid, n in said.of("note")]
    doc = db.execute(
        "SELECT doc ->> '$.n', doc ->> '$.pid' FROM note WHERE topic = 'child'"
    ).fetchone()
    last_pid, last_number = notes[-1]
    assert str(doc[1]) != last_pid or doc[0] >= last_number, seed


def check_samples(db: sqlite3.Connection, lives: list[Said], seed: int) -> None:
    noon = int(NOON.timestamp())
    stored = {t - noon for (t,) in db.execute("SELECT t FROM raw WHERE value IS NOT NULL")}
    ages_s = {
        int(number): said.killed_mono_s - float(at)
        for said in lives
        for number, at in said.of("sample")
    }
    assert len(ages_s) > KILLS, "the children measured next to nothing"
    assert len(stored) > KILLS, "next to nothing was stored"
    lost = [age_s for number, age_s in ages_s.items() if number not in stored]
    assert max(lost, default=0.0) < COMMIT_EVERY_S + SLACK_S, seed
