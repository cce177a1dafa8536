"""Numbers, dates, meter values and energy registers as chargers write them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.clock import Now
from drivers.ocpp import parse
from drivers.ocpp.energy import EnergyCounter
from drivers.ocpp.meter import read_meter
from drivers.ocpp.stamps import ChargerClock

NOON = Now(at=datetime(2026, 6, 1, 12, tzinfo=UTC), mono_s=5000.0)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "measurand", "unit", "phase", "context", "x"]),
            inner,
            max_size=5,
        )
    ),
)


@settings(deadline=None)
@given(anything)
def test_no_value_is_so_odd_that_reading_it_raises(value: object) -> None:
    parse.number(value)
    parse.integer(value)
    parse.timestamp(value)
    text = parse.text(value)
    assert text is None or text.encode()
    read_meter(value, 3, lambda _: None)
    read_meter([value], 3, lambda _: None)
    ChargerClock().read(value, NOON)


@pytest.mark.parametrize(
    ("written", "number"),
    [(" 9.6", 9.6), ("9,6", 9.6), (7, 7.0), ("", None), ("x", None), (True, None), ("NaN", None)],
)
def test_numbers_come_in_many_forms(written: object, number: float | None) -> None:
    assert parse.number(written) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [(5, 5), ("5", 5), (5.0, 5), (5.5, None), (2**63, None), ("9223372036854775807", 2**63 - 1)],
)
def test_whole_numbers_keep_all_their_digits(written: object, number: int | None) -> None:
    assert parse.integer(written) == number


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-06-01T12:00:00Z", NOON.at),
        ("2026-06-01T14:00:00+02:00", NOON.at),
        ("2026-06-01T12:00:00.1234567Z", NOON.at.replace(microsecond=123456)),
        ("2026-06-01T12:00:00", NOON.at),
        ("yesterday", None),
        (12, None),
    ],
)
def test_dates_come_in_many_forms(written: object, at: datetime | None) -> None:
    read = parse.timestamp(written)
    assert (None if read is None else read[0]) == at


def written(seconds_off: float, zone: str = "Z") -> str:
    return (NOON.at + timedelta(seconds=seconds_off)).strftime("%Y-%m-%dT%H:%M:%S") + zone


@pytest.mark.parametrize(
    ("stamp", "age_s", "late"),
    [
        (written(-1), 1, False),
        (written(-60), 60, False),
        (written(-3700), 3700, True),
        (written(-3 * 86400), 3 * 86400, True),
        (written(30), 0, False),
        (written(7200, ""), 0, False),
        (written(-7200, ""), 0, False),
        (written(-7201, ""), 1, False),
        (written(-7200), 7200, True),
        ("1970-01-01T00:00:10Z", 0, False),
        ("2020-01-01T00:00:10Z", 0, False),
        ("garbage", 0, False),
        (None, 0, False),
    ],
)
def test_a_stamp_is_news_history_or_a_wrong_clock(stamp: object, age_s: float, late: bool) -> None:  # noqa: FBT001
    read = ChargerClock().read(stamp, NOON)
    assert (NOON.at - read.at).total_seconds() == age_s
    assert read.late is late


def test_a_clock_that_stays_hours_off_is_learned_and_a_queue_of_old_records_is_not() -> None:
    clock = ChargerClock()
    for second in range(0, 300, 5):
        stamp = clock.read(written(second - 7200), NOON.later(second))
        assert clock.wrong(NOON.later(second).mono_s) is (second >= 200)
    assert not stamp.late
    queue = ChargerClock()
    for record in range(6):
        stamp = queue.read(written(record * 600 - 7200), NOON.later(record))
        assert stamp.late
    assert not queue.wrong(NOON.later(1000).mono_s)


def test_a_record_that_is_repeated_does_not_look_like_a_slow_clock() -> None:
    clock = ChargerClock()
    for second in range(0, 120, 25):
        assert clock.read(written(-7200), NOON.later(second)).late


def test_a_triggered_sample_tells_the_clock_at_once() -> None:
    clock = ChargerClock()
    clock.read(written(-3600), NOON, live=True)
    assert not clock.read(written(-3599), NOON.later(1)).late


@pytest.mark.parametrize("hours", [-3, 2, 4000])
def test_a_jump_of_our_own_clock_turns_no_news_into_history(hours: int) -> None:
    clock = ChargerClock()
    clock.read(written(0), NOON)
    jumped = Now(at=NOON.at + timedelta(hours=hours), mono_s=NOON.mono_s)
    before_heartbeat = [clock.read(written(s), jumped.later(s)) for s in (5, 15, 30, 55)]
    after_heartbeat = [
        clock.read(written(s + hours * 3600), jumped.later(s)) for s in (60, 70, 80, 90)
    ]
    assert not any(stamp.late for stamp in before_heartbeat + after_heartbeat)
    assert not clock.wrong(jumped.later(1000).mono_s)


def test_an_untrusted_wall_clock_judges_nothing() -> None:
    lost = Now(at=datetime(2024, 1, 1, tzinfo=UTC), mono_s=1.0, trusted=False)
    assert ChargerClock().read(written(0), lost).at == lost.at


def sample(value: object, measurand: str | None = None, **fields: object) -> dict[str, Any]:
    return {"value": value, **({} if measurand is None else {"measurand": measurand}), **fields}


POWER, CURRENT, VOLTS = "Power.Active.Import", "Current.Import", "Voltage"


@pytest.mark.parametrize(
    ("samples", "power_w"),
    [
        ([sample("7.2", POWER, unit="kW")], 7200),
        ([sample(7200, POWER, unit="W")], 7200),
        ([sample("2300", POWER, phase=p) for p in ("L1", "L2", "L3")], 6900),
        ([sample("2300", POWER, phase=p) for p in ("L1-N", "L2-N")], 4600),
        ([sample("3000", "Power.Active.Export")], -3000),
        ([sample("5000", POWER), sample("0", "Power.Active.Export")], 5000),
        ([sample("10", CURRENT, phase="L1"), sample("10", CURRENT, phase="L2")], 4600),
        ([sample("10", CURRENT, phase="L1"), sample("400", VOLTS, phase="L1-L2")], 10 * 230.94),
        ([sample("", POWER)], None),
        ([sample("x", POWER)], None),
        ([sample("9e9", POWER)], None),
        ([sample("1", POWER), sample("2", POWER, context="Transaction.Begin")], 1),
        ([sample("2", POWER), sample("1", POWER, context="Sample.Clock")], 2),
        ([sample("abc", POWER, format="SignedData"), sample("5", POWER)], 5),
        ([sample("800", POWER, location="Inlet"), sample("5", POWER)], 5),
    ],
)
def test_power_is_found_in_whatever_is_sent(samples: object, power_w: float | None) -> None:
    read = read_meter(samples, 3, lambda _: None).power_w
    assert read == (None if power_w is None else pytest.approx(power_w, abs=0.1))


def test_energy_without_a_name_or_unit_is_the_register_in_watt_hours() -> None:
    assert read_meter([sample("1234")], 3, lambda _: None).energy_wh == 1234
    assert read_meter([sample("1.2", unit="kWh")], 3, lambda _: None).energy_wh == 1200


@pytest.mark.parametrize(
    ("samples", "currents_a"),
    [
        ([sample("10", "Current.Import.L1"), sample("9", "Current.Import.L2")], (10, 9, None)),
        ([sample("10", CURRENT)], (10, 10, 10)),
        ([sample("10", CURRENT), sample("2300", POWER)], (10, None, None)),
        ([sample("10", CURRENT, phase="N")], (10, None, None)),
    ],
)
def test_currents_are_given_to_their_phases(samples: object, currents_a: object) -> None:
    assert read_meter(samples, 3, lambda _: None).currents_a == currents_a


def test_an_unknown_unit_is_counted_and_the_value_taken() -> None:
    odd: list[str] = []
    assert read_meter([sample("50", VOLTS, unit="Hz")], 3, odd.append).voltages_v[0] == 50
    assert odd == ["Voltage with an unknown unit"]


def test_an_energy_register_that_falls_or_jumps_must_be_confirmed() -> None:
    odd: list[str] = []
    counter = EnergyCounter(11_000)
    readings = [
        (1000, 0),
        (1010, 10),
        (0, 20),
        (1020, 30),
        (5e6, 40),
        (1030, 50),
        (5, 60),
        (15, 70),
    ]
    totals = [counter.read(register_wh, s, odd.append) for register_wh, s in readings]
    assert totals == [1000, 1010, None, 1020, None, 1030, None, 1040]
    assert odd == ["energy register falls", "energy register jumps", "energy register falls"]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_the_energy_counter_never_falls(registers_wh: list[float]) -> None:
    counter = EnergyCounter(11_000)
    totals = [counter.read(r, n * 10.0, lambda _: None) for n, r in enumerate(registers_wh)]
    known = [total for total in totals if total is not None]
    assert all(b >= a - 0.01 for a, b in pairwise(known))
