"""What the house will draw, from its own history."""

import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.forecasts import Quarters, forecast_load
from agent.forecasts.quarters import PER_DAY, local_clock, quarter_of, start_of, weekday_of
from tests.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 6, 15, 0, 0, tzinfo=UTC)
DAY_S = 86_400.0


def house(now: datetime, days: float, *, noise_w: float = 0.0, seed: int = 1) -> dict[int, float]:
    """200 W all day; on workdays 2000 W from 18 to 20 o'clock, at weekends 1000 W at noon."""
    here, dice, local = quarter_of(now), random.Random(seed), local_clock(BERLIN)
    found = {}
    for quarter in range(here - int(days * PER_DAY), here):
        day, time = divmod(local(quarter), PER_DAY)
        power_w = 200.0
        if weekday_of(day) < 5 and 18 * 4 <= time < 20 * 4:
            power_w = 2000.0
        if weekday_of(day) >= 5 and 12 * 4 <= time < 13 * 4:
            power_w = 1000.0
        found[quarter] = max(0.0, power_w + dice.gauss(0, noise_w))
    return found


def expected_w(history: Quarters, now: datetime, at: datetime) -> float:
    band = forecast_load(history, now, BERLIN, 3 * DAY_S)
    assert band is not None
    return band.mean_w[quarter_of(at) - quarter_of(now)]


def test_workdays_and_weekends_are_told_apart() -> None:
    friday = MONDAY + timedelta(days=4)
    evening = datetime(2026, 6, 19, 19, 0, tzinfo=BERLIN)
    history = house(friday, 35)
    assert expected_w(history, friday, evening) > 1600
    assert expected_w(history, friday, evening + timedelta(days=1)) < 500
    assert expected_w(history, friday, datetime(2026, 6, 20, 12, 30, tzinfo=BERLIN)) > 600


def test_habits_follow_the_wall_clock_through_a_change_of_time() -> None:
    now = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)  # the clocks go back in the night
    history = {q: 2000.0 if local_clock(BERLIN)(q) % PER_DAY // 4 == 7 else 200.0
               for q in range(quarter_of(now) - 28 * PER_DAY, quarter_of(now))}  # fmt: skip
    assert expected_w(history, now, datetime(2026, 10, 25, 7, 20, tzinfo=BERLIN)) > 1500
    assert expected_w(history, now, datetime(2026, 10, 25, 8, 30, tzinfo=BERLIN)) < 600


def test_more_than_usual_in_the_last_two_hours_is_expected_to_fade() -> None:
    history = house(MONDAY, 28)
    usual = forecast_load(history, MONDAY, BERLIN, DAY_S)
    here = quarter_of(MONDAY)
    busy = forecast_load(
        history | dict.fromkeys(range(here - 8, here), 900.0), MONDAY, BERLIN, DAY_S
    )
    assert usual is not None
    assert busy is not None
    more = [b / u for b, u in zip(busy.mean_w, usual.mean_w, strict=True)]
    assert more[0] > 1.4
    assert more[12] == pytest.approx(1 + (more[0] - 1) * math.exp(-1), rel=0.1)
    assert more[60] == pytest.approx(1, abs=0.06)


def test_a_hole_in_the_history_is_not_taken_for_nothing() -> None:
    history = house(MONDAY, 28)
    holed = {q: v for q, v in history.items() if q % 7 and q // PER_DAY % 3}
    at = datetime(2026, 6, 15, 19, 0, tzinfo=BERLIN)
    assert expected_w(holed, MONDAY, at) == pytest.approx(expected_w(history, MONDAY, at), rel=0.1)


def test_nothing_known_is_said_to_be_nothing() -> None:
    assert forecast_load({}, MONDAY, BERLIN, DAY_S) is None
    assert forecast_load({quarter_of(MONDAY) + 4: 500.0}, MONDAY, BERLIN, DAY_S) is None
    assert forecast_load({quarter_of(MONDAY) - 4: math.nan}, MONDAY, BERLIN, DAY_S) is None


def test_the_first_hour_is_enough_for_a_wide_band() -> None:
    here = quarter_of(MONDAY)
    band = forecast_load({here - 2: 300.0, here - 1: 500.0}, MONDAY, BERLIN, DAY_S)
    assert band is not None
    assert band.mean_w[50] == pytest.approx(397, abs=5)
    assert band.low_w[50] < 310
    assert band.high_w[50] > 900


def test_nine_in_ten_of_the_quarters_that_come_are_inside_the_band() -> None:
    inside = total = 0
    for week in range(4):
        now = MONDAY + timedelta(days=7 * week, hours=5 * week)
        full = house(now + timedelta(days=2), 40, noise_w=80.0, seed=week)
        band = forecast_load(
            {q: v for q, v in full.items() if q < quarter_of(now)}, now, BERLIN, 2 * DAY_S
        )
        assert band is not None
        for n, (low_w, high_w) in enumerate(zip(band.low_w, band.high_w, strict=True)):
            inside += low_w <= full[quarter_of(now) + n] <= high_w
            total += 1
    assert 0.84 < inside / total < 0.97


def test_steps_may_be_longer_than_a_quarter() -> None:
    history = house(MONDAY, 28)
    fine = forecast_load(history, MONDAY, BERLIN, DAY_S)
    coarse = forecast_load(history, MONDAY, BERLIN, DAY_S, step_s=3600)
    assert fine is not None
    assert coarse is not None
    assert len(coarse.mean_w) == 24
    assert coarse.mean_w[3] == pytest.approx(sum(fine.mean_w[12:16]) / 4)
    with pytest.raises(ValueError, match="multiple of 900"):
        forecast_load(history, MONDAY, BERLIN, DAY_S, step_s=1000)


@examples(30)
@given(
    st.dictionaries(
        st.integers(-400, 40),
        st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 20_000),
        max_size=300,
    ),
    st.integers(0, 3600),
)
def test_whatever_was_recorded_the_band_is_finite_and_in_order(
    offsets: dict[int, float], late_s: int
) -> None:
    now = MONDAY + timedelta(seconds=late_s)
    here = quarter_of(now)
    band = forecast_load({here + n: v for n, v in offsets.items()}, now, BERLIN, DAY_S)
    if band is None:
        return
    assert band.start == start_of(here)
    assert len(band.mean_w) == len(band.low_w) == len(band.high_w) == PER_DAY
    for low_w, mean_w, high_w in zip(band.low_w, band.mean_w, band.high_w, strict=True):
        assert 0 <= low_w <= mean_w <= high_w < math.inf
