"""A plant that has not been measured by day yet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.forecasts.making import Known, foresee
from agent.forecasts.plausible import Plant
from agent.forecasts.quarters import PER_DAY, quarter_of
from agent.forecasts.solar import Place
from agent.forecasts.unseen import SOURCE

NIGHT = datetime(2026, 6, 1, 1, tzinfo=UTC)
DARK = {quarter_of(NIGHT) - n: 0.0 for n in range(1, 4)}
PLANT = Plant(rated_w=8000.0, place=Place(latitude_deg=50.8, longitude_deg=4.4), produced=DARK)
KNOWN = Known(load={}, plant=PLANT, timezone=ZoneInfo("Europe/Brussels"), said={})


def test_in_the_first_night_the_sun_is_expected_to_rise() -> None:
    sun = foresee(KNOWN, NIGHT).sun
    assert sun is not None
    assert sun.source == SOURCE
    assert sun.mean_w[0] == 0
    assert 3000 < max(sun.mean_w) < 4000
    assert 20_000 < sum(sun.mean_w[:PER_DAY]) / 4 < 40_000
    for low_w, mean_w, high_w in zip(sun.low_w, sun.mean_w, sun.high_w, strict=True):
        assert 0 <= low_w <= mean_w <= high_w <= 8000


def test_what_is_measured_by_day_takes_its_place() -> None:
    noon = NIGHT + timedelta(hours=11)
    seen = {quarter_of(noon) - n: 500.0 for n in range(1, 4)}
    sun = foresee(replace(KNOWN, plant=replace(PLANT, produced=seen)), noon).sun
    assert sun is not None
    assert sun.source != SOURCE
    assert max(sun.mean_w) < 1000


@pytest.mark.parametrize(
    "plant",
    [
        replace(PLANT, rated_w=None),
        replace(PLANT, place=None),
        replace(PLANT, produced={}),
    ],
)
def test_nothing_is_guessed_of_a_plant_of_which_nobody_said_enough(plant: Plant) -> None:
    assert foresee(replace(KNOWN, plant=plant), NIGHT).sun is None
