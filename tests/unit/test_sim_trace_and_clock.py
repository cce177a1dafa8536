"""Real measurements and the shared clock of the simulators."""

from pathlib import Path

import pytest

from simulators.clock import SimClock, iso, unix_s
from simulators.trace import read_trace

START_S = 1709251200.0  # 2024-03-01 00:00 UTC

ROWS = """start_utc,load_w,pv_w
2024-03-01T00:00:00Z,996.0,0.0
2024-03-01T00:30:00Z,,12.5
2024-03-01T01:00:00Z,226.0,
"""


def trace_file(tmp_path: Path, text: str = ROWS) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_row_holds_until_the_next(tmp_path: Path) -> None:
    trace = read_trace(trace_file(tmp_path))
    assert trace.load_w(START_S + 1799) == 996
    assert trace.pv_w(START_S + 1800) == 12.5
    assert trace.load_w(START_S + 3600) == 226
    assert trace.holds_until_s(START_S + 5) == START_S + 1800


def test_what_was_not_measured_is_held_or_nothing_and_counted(tmp_path: Path) -> None:
    trace = read_trace(trace_file(tmp_path))
    assert trace.gap_steps == 0
    assert trace.load_w(START_S + 1800) == 996
    assert trace.pv_w(START_S + 3600) == 0
    assert trace.gap_steps == 2


def test_times_outside_the_file_wrap_around(tmp_path: Path) -> None:
    trace = read_trace(trace_file(tmp_path))
    assert trace.load_w(START_S + 5400) == 996
    assert trace.holds_until_s(START_S + 5400) == START_S + 7200
    assert trace.load_w(START_S - 1) == 226


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start_utc,load_w\n", "trace.csv:1: no column pv_w"),
        ("start_utc,load_w,pv_w\n2024-03-01,much,0\n", "trace.csv:2: could not convert"),
        ("start_utc,load_w,pv_w\n2024-03-02,1,0\n2024-03-01,1,0\n", "trace.csv:3: .* not after"),
        ("start_utc,load_w,pv_w\n", "no rows"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_trace(trace_file(tmp_path, text))


def test_a_fast_clock_runs_as_fast_as_it_says() -> None:
    clock = SimClock.parse("2024-06-01T06:00:00Z/0/60")
    assert clock.start_s == unix_s("2024-06-01T06:00:00Z")
    assert clock.now_s() - clock.start_s > 60 * 1.7e9
    assert clock.step_s == 1.0
    assert SimClock(speed=400).step_s == 4.0
    assert SimClock(speed=1000).step_s == 10.0


@pytest.mark.parametrize("text", ["60", "2024-06-01/0/60", "2024-06-01T06:00:00Z/0/0", "x/0/1"])
def test_a_clock_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SimClock.parse(text)


def test_stamps_survive_a_round_trip() -> None:
    assert iso(START_S + 0.25) == "2024-03-01T00:00:00.250Z"
    assert unix_s(iso(START_S + 0.25)) == START_S + 0.25
