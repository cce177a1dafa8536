"""A service's forecast: refused when it is of another planet, else corrected by the meter."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from agent.forecasts import Outlook, Place, Plant, blend, forecast_sun, implausible, score
from agent.forecasts.blend import still_true
from agent.forecasts.quarters import PER_DAY, quarter_of
from agent.forecasts.solar import ClearSky
from agent.model.forecasts import Band

BERLIN = Place(latitude_deg=52.52, longitude_deg=13.41)
NOW = datetime(2026, 6, 15, 6, 0, tzinfo=UTC)
HERE = quarter_of(NOW)
SKY = ClearSky(BERLIN)
DAYS = 21


def real_w(quarter: int) -> float:
    """What came: a tree takes half of the morning, and each day has its weather."""
    weather = random.Random(quarter // PER_DAY).uniform(0.3, 1.0)
    return 5.0 * SKY(quarter) * weather * (0.5 if quarter % PER_DAY < 36 else 1.0)


def said_w(quarter: int) -> float:
    """What the service says: it knows the weather, and takes the plant for a fifth larger."""
    weather = random.Random(quarter // PER_DAY).uniform(0.3, 1.0)
    return 6.0 * SKY(quarter) * weather


PRODUCED = {q: real_w(q) for q in range(HERE - DAYS * PER_DAY, HERE)}
PAST = {q: said_w(q) for q in range(HERE - DAYS * PER_DAY, HERE)}
PLANT = Plant(rated_w=6000, place=BERLIN, produced=PRODUCED)


def outlook(
    of: Callable[[int], float] = said_w, days: int = 2, source: str = "Open-Meteo"
) -> Outlook:
    first = HERE - HERE % PER_DAY
    quarters = {q: of(q) for q in range(first, first + days * PER_DAY)}
    return Outlook(source=source, made_at=NOW, quarters=quarters, spread={})


def own() -> Band:
    band = forecast_sun(PRODUCED, NOW, 2 * 86_400.0, BERLIN)
    assert band is not None
    return band


def blended(
    past: dict[int, float] = PAST, plant: Plant = PLANT, said: Outlook | None = None
) -> Band:
    band = blend(said or outlook(), past, plant, own(), NOW, 2 * PER_DAY)
    assert band is not None
    return band


def miss_w(band: Band) -> float:
    return sum(abs(m - real_w(HERE + n)) for n, m in enumerate(band.mean_w)) / len(band.mean_w)


def test_a_service_is_corrected_by_hour_of_day() -> None:
    band = blended()
    morning, noon = 8 * 4 - HERE % PER_DAY, 12 * 4 - HERE % PER_DAY
    assert band.mean_w[morning] == pytest.approx(real_w(HERE + morning), rel=0.12)
    assert band.mean_w[noon] == pytest.approx(real_w(HERE + noon), rel=0.1)
    raw = sum(abs(said_w(HERE + n) - real_w(HERE + n)) for n in range(2 * PER_DAY)) / 2 / PER_DAY
    assert miss_w(band) < raw / 3
    assert miss_w(band) < miss_w(own()) / 3
    assert band.source == "Open-Meteo"


def test_a_new_service_is_believed_with_a_wide_band() -> None:
    band = blended(past={})
    noon = 12 * 4 - HERE % PER_DAY
    assert band.mean_w[noon] == pytest.approx(said_w(HERE + noon))
    assert band.low_w[noon] < 0.5 * band.mean_w[noon]
    assert band.high_w[noon] > 1.4 * band.mean_w[noon]


def test_the_own_band_of_a_service_counts_until_it_is_measured() -> None:
    said = outlook()
    spread = {q: (0.8 * w, 1.1 * w) for q, w in said.quarters.items() if w}
    noon = 12 * 4 - HERE % PER_DAY
    told = blended(past={}, said=replace(said, spread=spread))
    assert told.low_w[noon] == pytest.approx(0.74 * said_w(HERE + noon))
    measured = blended(said=replace(said, spread=spread))
    assert measured.low_w[noon] > 0.85 * measured.mean_w[noon]


def test_a_dark_day_pulls_the_next_hours_down_but_not_tomorrow() -> None:
    dark = PRODUCED | {q: PRODUCED[q] / 4 for q in range(HERE - PER_DAY, HERE)}
    band = blended(plant=replace(PLANT, produced=dark))
    usual = blended()
    assert band.mean_w[1] < 0.7 * usual.mean_w[1]
    assert band.mean_w[PER_DAY + 24] == pytest.approx(usual.mean_w[PER_DAY + 24], rel=0.12)


def test_what_the_service_does_not_tell_the_house_tells_itself() -> None:
    band, mine = blended(said=outlook(days=1)), own()
    last = len(band.mean_w) - 60
    assert band.mean_w[last] == mine.mean_w[last] > 0
    alone = blend(outlook(days=1), PAST, PLANT, None, NOW, 2 * PER_DAY)
    assert alone is not None
    assert len(alone.mean_w) == PER_DAY - HERE % PER_DAY
    later = replace(outlook(), quarters={HERE + 5: 100.0})
    assert blend(later, PAST, PLANT, None, NOW, PER_DAY) is None


def test_night_stays_night() -> None:
    band = blended()
    dark = [n for n in range(2 * PER_DAY) if said_w(HERE + n) == 0]
    assert len(dark) > 50
    assert not any(band.low_w[n] or band.mean_w[n] or band.high_w[n] for n in dark)


def test_a_sensible_forecast_is_taken() -> None:
    assert implausible(outlook(), PLANT, NOW) is None
    assert implausible(outlook(), replace(PLANT, place=None, rated_w=None), NOW) is None
    nobody_knows = Plant(rated_w=None, place=None, produced={})
    assert implausible(outlook(), nobody_knows, NOW) is None
    dull = outlook(lambda q: 0.05 * said_w(q))
    assert implausible(dull, PLANT, NOW) is None


UNPLACED = replace(PLANT, place=None, rated_w=None)


@pytest.mark.parametrize(
    ("of", "plant", "says"),
    [
        (lambda q: 10 * said_w(q), PLANT, "of a plant of 6.0 kW; check its unit and peak_w"),
        (lambda q: 10 * said_w(q), UNPLACED, "of a plant that lately gave"),
        (lambda q: said_w(q) / 1000, PLANT, "check its unit: kW or W"),
        (lambda q: 300 + said_w(q), PLANT, "sun at night"),
        (lambda q: 300 + said_w(q), UNPLACED, "sun at night"),
        (lambda q: said_w(q + PER_DAY // 2), PLANT, "check the time zone of its stamps"),
        (lambda q: said_w(q) * (q % PER_DAY > 54), UNPLACED, "that of this plant was at"),
        (lambda q: said_w(q) * (q % PER_DAY > 62), PLANT, "stands highest at 11:06"),
        (lambda _: math.nan, PLANT, "nan W, which is no power; check what is mapped"),
        (lambda q: said_w(q) - 1, PLANT, "-1 W, which is no power"),
    ],
)
def test_a_forecast_of_another_planet_is_refused_with_the_remedy(
    of: Callable[[int], float], plant: Plant, says: str
) -> None:
    why = implausible(outlook(of), plant, NOW)
    assert why is not None
    assert "Open-Meteo" in why
    assert says in why
    assert "check" in why


def test_a_forecast_for_the_other_side_of_the_world_is_refused() -> None:
    sydney = ClearSky(Place(latitude_deg=-33.87, longitude_deg=151.21))
    why = implausible(outlook(lambda q: 5 * sydney(q)), PLANT, NOW)
    assert why is not None
    assert "house.longitude_deg" in why


def test_a_forecast_of_the_past_is_refused() -> None:
    why = implausible(outlook(), PLANT, NOW + timedelta(days=5))
    assert why == "Open-Meteo tells nothing of the time to come; check the time zone of its stamps"


def test_an_old_forecast_is_true_for_two_days_at_most() -> None:
    assert still_true(outlook(), NOW + timedelta(hours=12))
    assert not still_true(outlook(days=6), NOW + timedelta(days=3))
    assert not still_true(outlook(days=1), NOW + timedelta(days=1, hours=1))


def issued(mean_w: float, low_w: float, high_w: float) -> Band:
    first = NOW.replace(hour=0)
    flat = [(w,) * PER_DAY for w in (mean_w, low_w, high_w)]
    return Band(
        start=first, step_s=900.0, mean_w=flat[0], low_w=flat[1], high_w=flat[2], source="it"
    )


def test_a_day_is_scored_against_what_came() -> None:
    first = quarter_of(NOW.replace(hour=0))
    came = {first + n: 400.0 if n % 4 else 1200.0 for n in range(PER_DAY)}
    found = score(date(2026, 6, 15), "load", issued(500, 300, 800), came)
    assert found is not None
    assert found.error_w == pytest.approx((3 * 100 + 700) / 4)
    assert found.bias_w == pytest.approx((3 * 100 - 700) / 4)
    assert found.error_percent == pytest.approx(100 * 250 / 600)
    assert found.inside_percent == 75
    assert found.known_percent == 100


def test_a_day_of_which_little_is_known_has_no_score() -> None:
    first = quarter_of(NOW.replace(hour=0))
    some = dict.fromkeys(range(first, first + 40), 400.0)
    assert score(date(2026, 6, 15), "load", issued(500, 300, 800), some) is None
    more = dict.fromkeys(range(first, first + 60), 400.0)
    found = score(date(2026, 6, 15), "load", issued(500, 300, 800), more)
    assert found is not None
    assert found.known_percent == 62.5
    assert found.error_w == 100
    dark = score(date(2026, 6, 15), "sun", issued(0, 0, 0), dict.fromkeys(more, 0.0))
    assert dark is not None
    assert dark.error_percent is None
