"""The power goes while the store writes; HEARTH_POWER_CUTS sets how often (20)."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.sim.power_cuts import IMPOSSIBLE
from tests.sim.store_lives import Said, check_events, check_facts, check_samples

CUTS = int(os.environ.get("HEARTH_POWER_CUTS", "20"))
SOURCES = Path(__file__).parents[2]
ALONE = ["unshare", "-m", "--propagation", "private"]
REMEDY = "root may, in a container with CAP_SYS_ADMIN and loop devices"


def lives_of(folder: Path, seed: int) -> list[Said]:
    """What the store acknowledged in each of its lives."""
    if shutil.which("unshare") is None or shutil.which("mkfs.ext4") is None:
        pytest.skip("power cuts need unshare and mkfs.ext4: apt install util-linux e2fsprogs")
    done = subprocess.run(
        [*ALONE, sys.executable, "-m", "tests.sim.power_cuts", str(folder), str(CUTS), str(seed)],
        check=False,
        cwd=SOURCES,
        capture_output=True,
        text=True,
    )
    if done.returncode == IMPOSSIBLE or done.stderr.startswith("unshare:"):
        pytest.skip(f"no disk of its own can be mounted ({done.stderr.strip()}): {REMEDY}")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [Said.read(life["said"], life["going_mono_s"], life["gone_mono_s"]) for life in told]


@pytest.mark.timeout(60 + 6 * CUTS)
def test_a_power_cut_costs_no_fact_and_at_most_one_interval_of_samples(
    tmp_path: Path, seed: int
) -> None:
    lives = lives_of(tmp_path, seed)
    assert len(lives) == CUTS
    for number in range(CUTS):
        with closing(sqlite3.connect(tmp_path / str(number) / "hearth.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], (number, seed)
            check_facts(db, lives[: number + 1], seed)
            check_events(db, lives[: number + 1], seed)
            check_samples(db, lives[: number + 1], seed)
    assert not list((tmp_path / str(CUTS - 1)).glob("*.corrupt-*")), seed


GOING_S, GONE_S = 10.0, 10.1
"""When the power began to go, and when it was gone."""


def actions_on(disk: sqlite3.Connection, *said: tuple[str, float, float]) -> None:
    """Hold acknowledged actions (id, began, said) against a disk that has those of the table."""
    lines = [f"action {name} {began_s} {said_s}\n" for name, began_s, said_s in said]
    check_facts(disk, [Said.read("".join(lines), GOING_S, GONE_S)], seed=0)


@pytest.fixture
def disk_with_one() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            """CREATE TABLE action (id, device, state); CREATE TABLE charge (id, open);
            INSERT INTO action VALUES ('kept', 'garage', 'PENDING');"""
        )
        yield db


def test_what_was_acknowledged_before_the_power_began_to_go_must_be_there(
    disk_with_one: sqlite3.Connection,
) -> None:
    actions_on(disk_with_one, ("kept", 9.0, 9.9))
    with pytest.raises(AssertionError):
        actions_on(disk_with_one, ("kept", 9.0, 9.9), ("gone", 9.0, 9.99))


def test_what_was_under_way_while_the_power_went_may_be_there_or_not(
    disk_with_one: sqlite3.Connection,
) -> None:
    actions_on(disk_with_one, ("kept", 9.9, 10.05), ("gone", 10.05, 10.2))


def test_what_began_without_power_must_not_be_acknowledged(
    disk_with_one: sqlite3.Connection,
) -> None:
    with pytest.raises(AssertionError):
        actions_on(disk_with_one, ("kept", 9.0, 9.9), ("gone", 10.11, 10.2))
