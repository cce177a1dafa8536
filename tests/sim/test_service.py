"""Hearth as a service: what it tells systemd, and how systemd gets rid of one that hangs."""

import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.sim.fake_systemd import HEARTH, PATIENCE_S, fake_systemd

pytestmark = pytest.mark.timed

CONFIG = """\
house: {timezone: UTC, fuse_a: 25}
store: {path: state/hearth.db}
devices: {grid: {driver: eastron_sdm630, host: 127.0.0.1, port: 1}}
"""
BROKEN = (sys.executable, "-m", "tests.sim.half_alive")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "hearth.yaml"
    file.write_text(CONFIG)
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_ready_alive_and_stopping_are_told_in_this_order(
    kind: str, config: Path, tmp_path: Path
) -> None:
    address = str(tmp_path / "notify") if kind == "file" else f"@{tmp_path}/notify"
    with fake_systemd([*HEARTH, str(config)], tmp_path, address) as systemd:
        systemd.until_said("STATUS=0 of 1 devices answer; not there: grid")
        assert systemd.stop() == 0
        texts = [text for _, text in systemd.heard]
    assert texts[:2] == ["READY=1", "WATCHDOG=1"]
    assert texts[-1] == "STOPPING=1"


def test_signs_of_life_come_within_half_of_what_systemd_allows(
    config: Path, tmp_path: Path
) -> None:
    """With nothing to do at all."""
    with fake_systemd([*HEARTH, str(config)], tmp_path, f"@{tmp_path}", 2.0) as systemd:
        systemd.until_said("WATCHDOG=1", times=6)
        assert systemd.stop() == 0
        assert not systemd.aborted.is_set()
        signs_s = systemd.said("WATCHDOG=1")
    assert max(b - a for a, b in pairwise(signs_s)) < 1.0
    assert len(signs_s) < 12, "no flood either"


def test_a_hearth_that_stands_still_is_ended_and_says_where_it_stood(
    config: Path, tmp_path: Path
) -> None:
    with fake_systemd([*HEARTH, str(config)], tmp_path, f"@{tmp_path}", 1.0) as systemd:
        systemd.until_said("WATCHDOG=1", times=2)
        systemd.process.send_signal(signal.SIGSTOP)
        assert systemd.aborted.wait(PATIENCE_S)
        assert systemd.process.wait(PATIENCE_S) == -signal.SIGABRT
    log = systemd.log.read_text()
    assert "Fatal Python error: Aborted" in log
    assert "asyncio" in log


def test_a_driver_that_holds_up_the_loop_starves_the_watchdog_and_is_named(
    tmp_path: Path,
) -> None:
    with fake_systemd([*BROKEN, str(tmp_path), "block"], tmp_path, f"@{tmp_path}", 1.0) as systemd:
        systemd.until_said("WATCHDOG=1")
        assert systemd.aborted.wait(PATIENCE_S)
        assert systemd.process.wait(PATIENCE_S) == -signal.SIGABRT
    assert "hang_in_the_loop" in systemd.log.read_text()


def test_a_link_whose_task_vanished_ends_hearth_at_once(tmp_path: Path) -> None:
    """A TaskGroup takes the cancellation of one task for intended and goes on without it."""
    with fake_systemd([*BROKEN, str(tmp_path), "vanish"], tmp_path, f"@{tmp_path}", 4.0) as systemd:
        assert systemd.process.wait(PATIENCE_S) == 1
        assert not systemd.aborted.is_set()
    assert "the task grid ended by itself" in systemd.log.read_text()


def test_a_systemd_that_does_not_read_holds_up_nobody(config: Path, tmp_path: Path) -> None:
    """Its queue is full after a few messages; a send that waits would hang the tick."""
    with fake_systemd([*HEARTH, str(config)], tmp_path, f"@{tmp_path}", 0.2) as systemd:
        systemd.until_said("READY=1")
        systemd.watchdog_s = None
        systemd.paused.set()
        time.sleep(1.5)
        assert systemd.stop() == 0
