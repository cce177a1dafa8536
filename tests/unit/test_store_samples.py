import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.store import history, migrations
from agent.store.samples import MAX_UNDATED, SampleRow, Samples, Series, scale

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOON_S = int(NOON.timestamp())
ROOF = DeviceId("roof")


def at(second: float, *, trusted: bool = True) -> Now:
    return Now(at=NOON + timedelta(seconds=second), mono_s=1000.0 + second, trusted=trusted)


def taken(samples: Samples, second: float) -> list[tuple[int, int | None]]:
    return [(t - NOON_S, value) for t, _, value in samples.take(at(second))]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("power_w", 1234.4, 1234),
        ("current_l1_a", 6.126, 613),
        ("voltage_l1_v", 230.14, 2301),
        ("frequency_hz", 49.9876, 49988),
        ("soc_percent", 55.55, 556),
        ("other", 0.12345, 123),
    ],
)
def test_a_value_is_kept_in_the_resolution_of_its_unit(name: str, value: float, kept: int) -> None:
    samples = Samples({})
    samples.record(at(0), ROOF, {name: value})
    assert taken(samples, 1) == [(0, kept)]


@given(st.floats())
def test_any_float_becomes_a_number_that_fits_or_unknown(value: float) -> None:
    scaled = scale(value, 3)
    assert scaled is None or abs(scaled) < 2**63
    if scaled is not None:
        assert scaled / 1000 == pytest.approx(value, abs=0.001, rel=1e-9)


def test_only_changes_are_kept() -> None:
    samples = Samples({})
    for second, power_w in enumerate([5.0, 5.0, 5.2, 6.0, 5.0]):
        samples.record(at(second), ROOF, {"power_w": power_w})
    assert taken(samples, 5) == [(0, 5), (3, 6), (4, 5)]
    samples.record(at(6), ROOF, {"power_w": 5.0})
    assert taken(samples, 7) == []


def test_each_quarter_of_an_hour_begins_with_a_value() -> None:
    samples = Samples({})
    for second in range(0, 1801, 100):
        samples.record(at(second), ROOF, {"power_w": 5.0})
    assert taken(samples, 1801) == [(0, 5), (900, 5), (1800, 5)]


def test_a_series_that_falls_silent_is_ended_once() -> None:
    samples = Samples({})
    samples.record(at(0), ROOF, {"power_w": 5.0})
    assert taken(samples, 299) == [(0, 5)]
    assert taken(samples, 301) == [(300, None)]
    assert taken(samples, 601) == []


def test_lost_rows_are_followed_by_a_full_set() -> None:
    samples = Samples({})
    samples.record(at(0), ROOF, {"power_w": 5.0})
    samples.take(at(1))
    samples.forget_last()
    samples.record(at(2), ROOF, {"power_w": 5.0})
    assert taken(samples, 3) == [(2, 5)]


def test_samples_from_before_the_clock_was_set_are_dated_when_it_is() -> None:
    samples, wrong = Samples({}), timedelta(days=9000)
    for second in (0, 10):
        early = Now(at=NOON - wrong, mono_s=1000.0 + second, trusted=False)
        samples.record(early, ROOF, {"power_w": float(second)})
    assert taken(samples, 11) == []
    samples.record(at(20), ROOF, {"power_w": 20.0})
    assert taken(samples, 21) == [(0, 0), (10, 10), (20, 20)]


def test_a_clock_that_is_never_set_costs_the_oldest_samples_and_they_are_counted() -> None:
    samples = Samples({})
    for second in range(MAX_UNDATED + 7):
        samples.record(at(second, trusted=False), ROOF, {"power_w": 1.0})
    assert samples.dropped == 7


def test_of_two_values_in_one_second_the_last_counts() -> None:
    samples = Samples({})
    samples.record(at(0.1), ROOF, {"power_w": 1.0})
    samples.record(at(0.9), ROOF, {"power_w": 2.0})
    assert taken(samples, 1) == [(0, 2)]


def database() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for number in migrations.SCRIPTS:
        migrations.apply(db, number)
    db.execute("INSERT INTO series VALUES (1, 'roof', 'power_w', 0)")
    return db


def put(db: sqlite3.Connection, rows: list[SampleRow]) -> None:
    db.executemany("INSERT OR REPLACE INTO raw VALUES (?, ?, ?)", rows)
    db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(t // 900,) for t, _, _ in rows])


SERIES = Series(1, 0)
LATER = NOON + timedelta(hours=3)

changes = st.dictionaries(
    st.integers(0, 3599), st.none() | st.integers(-(10**6), 10**6), max_size=40
)


@given(changes)
def test_a_quarter_is_the_time_weighted_sum_of_its_seconds(
    values: dict[int, int | None],
) -> None:
    """Against the plain definition: walk through every second of each quarter."""
    db = database()
    put(db, [(NOON_S + t, 1, value) for t, value in values.items()])
    before = history.read_buckets(db, SERIES, NOON, LATER, 900)
    for q in history.dirty_before(db, NOON_S + 7200):
        history.roll_up(db, q)
    after = history.read_buckets(db, SERIES, NOON, LATER, 900)
    db.close()
    assert before == after
    expected = []
    for quarter in range(0, 3600, 900):
        seconds, held = [], None
        for t in range(quarter, quarter + 900):
            held = values.get(t, held)
            if held is not None:
                seconds.append(held)
        if seconds:
            expected.append((len(seconds), min(seconds), max(seconds), seconds[-1]))
            (bucket,) = [b for b in after if b.start == NOON + timedelta(seconds=quarter)]
            assert abs(bucket.mean - sum(seconds) / len(seconds)) <= 0.5001
    assert [(b.known_s, b.low, b.high, b.last) for b in after] == expected


def test_hours_are_made_of_quarters_by_their_known_time() -> None:
    db = database()
    put(db, [(NOON_S, 1, 100), (NOON_S + 900, 1, 300), (NOON_S + 1200, 1, None)])
    (hour,) = history.read_buckets(db, SERIES, NOON, LATER, 3600)
    db.close()
    assert (hour.start, hour.known_s) == (NOON, 1200)
    assert (hour.mean, hour.low, hour.high, hour.last) == (150.0, 100.0, 300.0, 300.0)


def test_a_step_that_is_no_whole_number_of_quarters_is_refused() -> None:
    db = database()
    with pytest.raises(ValueError, match="step_s is 1000: it must be a multiple of 900"):
        history.read_buckets(db, SERIES, NOON, LATER, 1000)
    db.close()


def test_what_was_held_at_a_crash_ends_a_second_after_the_last_sign_of_life() -> None:
    db = database()
    assert history.gaps(db) == []
    put(db, [(NOON_S - 1, 7, 1), (NOON_S, 1, 100), (NOON_S + 40, 2, 5)])
    assert history.gaps(db) == [(NOON_S + 41, 1, None), (NOON_S + 41, 2, None)]
    db.close()
