"""What the sun will give, from the house's own history alone."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.forecasts import Place, forecast_sun
from agent.forecasts.quarters import PER_DAY, quarter_of, start_of
from agent.forecasts.solar import ClearSky, clear_sky_w_per_m2, sine_of_elevation
from agent.model.forecasts import Band
from tests.examples import examples

BERLIN = Place(latitude_deg=52.52, longitude_deg=13.41)
NOON = datetime(2026, 6, 15, 11, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 15, 0, 0, tzinfo=UTC)
DAY_S = 86_400.0


def degrees(at: datetime, place: Place) -> float:
    return math.degrees(math.asin(sine_of_elevation(at, place)))


def plant(
    now: datetime, days: int, clearness: float | None = 0.8, *, east: bool = False, seed: int = 1
) -> dict[int, float]:
    """5 W per W/m2 of clear sky times the clearness of the day, by default a roll of dice."""
    sky, here, dice, found = ClearSky(BERLIN), quarter_of(now), random.Random(seed), {}
    today: dict[int, float] = {}
    for quarter in range(here - days * PER_DAY, here):
        day = quarter // PER_DAY
        clear = today.setdefault(day, dice.uniform(0.2, 1.0) if clearness is None else clearness)
        shaded = 0.3 if east and quarter % PER_DAY >= 12 * 4 else 1.0
        found[quarter] = 5.0 * sky(quarter) * clear * shaded
    return found


def test_the_sun_stands_where_almanacs_say() -> None:
    # Own arithmetic: at the solstice the noon height is 90 - latitude + 23.44 degrees.
    greenwich = Place(latitude_deg=51.48, longitude_deg=0.0)
    noon = datetime(2026, 6, 21, 12, 2, tzinfo=UTC)  # the equation of time is -2 min
    assert degrees(noon, greenwich) == pytest.approx(90 - 51.48 + 23.44, abs=0.3)
    winter = datetime(2026, 12, 21, 11, 58, tzinfo=UTC)
    assert degrees(winter, greenwich) == pytest.approx(90 - 51.48 - 23.44, abs=0.3)
    equinox = datetime(2026, 3, 20, 6, 7, tzinfo=UTC)  # sunrise at the equator
    assert degrees(equinox, Place(latitude_deg=0.0, longitude_deg=0.0)) == pytest.approx(0, abs=0.6)
    # NOAA's calculator: 11:00 UTC in Berlin on 2026-06-15 is close to its solar noon at 11:07.
    assert degrees(NOON, BERLIN) == pytest.approx(60.8, abs=0.4)
    sydney = Place(latitude_deg=-33.87, longitude_deg=151.21)
    assert degrees(datetime(2026, 12, 21, 1, 53, tzinfo=UTC), sydney) > 79


def test_a_clear_sky_gives_what_haurwitz_measured() -> None:
    assert clear_sky_w_per_m2(1.0) == pytest.approx(1037, abs=2)
    assert clear_sky_w_per_m2(0.5) == pytest.approx(490, abs=2)
    assert clear_sky_w_per_m2(-0.1) == 0


@pytest.mark.parametrize("place", [BERLIN, None])
def test_night_is_nothing_at_all(place: Place | None) -> None:
    band = forecast_sun(plant(MIDNIGHT, 14), MIDNIGHT, 2 * DAY_S, place)
    assert band is not None
    assert band.mean_w[0] == band.high_w[0] == band.low_w[92] == 0
    assert band.high_w[PER_DAY + 4] == 0
    assert band.mean_w[44] > 3000


@pytest.mark.parametrize("place", [BERLIN, None])
def test_steady_weather_comes_again(place: Place | None) -> None:
    full = plant(MIDNIGHT + timedelta(days=1), 31)
    known = {q: v for q, v in full.items() if q < quarter_of(MIDNIGHT)}
    band = forecast_sun(known, MIDNIGHT, DAY_S, place)
    assert band is not None
    came = [full[quarter_of(MIDNIGHT) + n] for n in range(PER_DAY)]
    assert sum(band.mean_w) == pytest.approx(sum(came), rel=0.04)
    assert max(abs(m - c) for m, c in zip(band.mean_w, came, strict=True)) < 200


def test_the_way_the_plant_looks_is_learned() -> None:
    band = forecast_sun(plant(MIDNIGHT, 21, east=True), MIDNIGHT, DAY_S, BERLIN)
    assert band is not None
    assert band.mean_w[9 * 4] > 2.5 * band.mean_w[14 * 4]


def test_a_dark_morning_is_expected_to_stay_for_a_while() -> None:
    history = plant(NOON, 28)
    here = quarter_of(NOON)
    dark = history | {q: history[q] / 4 for q in range(here - 24, here)}
    usual, gloomy = (forecast_sun(each, NOON, 2 * DAY_S, BERLIN) for each in (history, dark))
    assert usual is not None
    assert gloomy is not None
    assert gloomy.mean_w[1] < 0.4 * usual.mean_w[1]
    assert 0.5 < gloomy.mean_w[16] / usual.mean_w[16] < 0.85
    assert 0.6 < gloomy.mean_w[PER_DAY] / usual.mean_w[PER_DAY] < 0.95


def test_weather_that_changes_makes_a_band_that_holds_it() -> None:
    inside = total = 0
    widths = []
    for trial in range(12):
        full = plant(MIDNIGHT + timedelta(days=1), 40, None, seed=trial)
        known = {q: v for q, v in full.items() if q < quarter_of(MIDNIGHT)}
        band = forecast_sun(known, MIDNIGHT, DAY_S, BERLIN)
        assert band is not None
        widths.append((band.high_w[44] - band.low_w[44]) / band.mean_w[44])
        for n in range(20, 72):
            came = full[quarter_of(MIDNIGHT) + n]
            inside += band.low_w[n] - 1 <= came <= band.high_w[n] + 1
            total += 1
    assert inside / total > 0.84
    assert min(widths) > 0.6
    assert calm_width() < 0.2


def calm_width() -> float:
    band = forecast_sun(plant(MIDNIGHT, 40), MIDNIGHT, DAY_S, BERLIN)
    assert band is not None
    return (band.high_w[44] - band.low_w[44]) / band.mean_w[44]


def test_what_is_not_known_is_not_taken_for_darkness() -> None:
    history = plant(MIDNIGHT, 21)
    holed = {q: v for q, v in history.items() if q // PER_DAY % 2 and q % 5}
    whole = forecast_sun(history, MIDNIGHT, DAY_S, BERLIN)
    rest = forecast_sun(holed, MIDNIGHT, DAY_S, BERLIN)
    assert whole is not None
    assert rest is not None
    assert sum(rest.mean_w) == pytest.approx(sum(whole.mean_w), rel=0.05)


def test_who_has_seen_no_daylight_says_nothing() -> None:
    here = quarter_of(MIDNIGHT)
    night = dict.fromkeys(range(here - 8, here), 0.0)
    assert forecast_sun({}, MIDNIGHT, DAY_S, BERLIN) is None
    assert forecast_sun(night, MIDNIGHT, DAY_S, BERLIN) is None
    assert forecast_sun(plant(NOON, 1), NOON, DAY_S, None) is not None
    morning = {q: v for q, v in plant(NOON, 1).items() if q >= quarter_of(NOON) - 20}
    assert forecast_sun(morning, NOON, DAY_S, None) is None
    first = forecast_sun(morning, NOON, DAY_S, BERLIN)
    assert first is not None
    assert first.mean_w[8] == pytest.approx(
        morning[quarter_of(NOON) - 1], rel=0.35
    )  # two hours on, in the same light


def test_no_more_is_expected_than_was_ever_seen() -> None:
    band = forecast_sun(plant(MIDNIGHT, 40, None), MIDNIGHT, DAY_S, BERLIN)
    assert band is not None
    assert max(band.high_w) < 1.15 * max(plant(MIDNIGHT, 40, None).values())


def in_order(band: Band) -> bool:
    rows = zip(band.low_w, band.mean_w, band.high_w, strict=True)
    return all(0 <= low_w <= mean_w <= high_w < math.inf for low_w, mean_w, high_w in rows)


@example({-20: 5e-324}, 0, BERLIN)
@examples(30)
@given(
    st.dictionaries(
        st.integers(-400, 40),
        st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 20_000),
        max_size=300,
    ),
    st.integers(0, 86_400),
    st.sampled_from([BERLIN, None]),
)
def test_whatever_was_recorded_the_band_is_finite_and_in_order(
    offsets: dict[int, float], late_s: int, place: Place | None
) -> None:
    now = MIDNIGHT + timedelta(seconds=late_s)
    here = quarter_of(now)
    band = forecast_sun({here + n: v for n, v in offsets.items()}, now, DAY_S, place)
    if band is not None:
        assert band.start == start_of(here)
        assert len(band.mean_w) == PER_DAY
        assert in_order(band)


def test_beyond_the_polar_circle_the_sun_may_stay_up_or_away() -> None:
    tromso = Place(latitude_deg=69.65, longitude_deg=18.96)
    june = ClearSky(tromso)
    assert all(june(quarter_of(MIDNIGHT) + n) > 0 for n in range(PER_DAY))
    december = quarter_of(datetime(2026, 12, 21, tzinfo=UTC))
    assert not any(ClearSky(tromso)(december + n) for n in range(PER_DAY))
