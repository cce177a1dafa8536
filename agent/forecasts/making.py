"""From all that is known to the forecasts that are published; one pure step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo

from agent.forecasts.blend import blend
from agent.forecasts.load import forecast_load
from agent.forecasts.outlook import Outlook
from agent.forecasts.plausible import Plant
from agent.forecasts.quarters import (
    PER_DAY,
    PER_HOUR,
    QUARTER_S,
    Quarters,
    quarter_of,
    start_of,
)
from agent.forecasts.sun import forecast_sun
from agent.forecasts.unseen import unseen_sun
from agent.model.forecasts import Band, Forecasts

AHEAD_S = 51 * 3600.0
"""Tomorrow as a whole, also where a day of 25 hours begins."""

_HOLES = 2  # quarters of daylight that may be missing of a day of which the sum is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    Args:
        load: history without cars and battery.
        plant: with the history of its production.
        outlook: of a service, already found plausible; None = there is none.
        said: what the service had said of quarters that are over.
    """

    load: Quarters
    plant: Plant
    timezone: tzinfo
    outlook: Outlook | None = None
    said: Quarters


def foresee(known: Known, now: datetime) -> Forecasts:
    """Sun and load from the quarter of an hour in which `now` lies."""
    sun = forecast_sun(known.plant.produced, now, AHEAD_S, known.plant.place)
    sun = sun or unseen_sun(known.plant, now, AHEAD_S)
    if known.outlook is not None:
        count = math.ceil(AHEAD_S / QUARTER_S)
        sun = blend(known.outlook, known.said, known.plant, sun, now, count) or sun
    begin, middle, end = days_of(now, known.timezone)
    return Forecasts(
        sun=sun,
        load=forecast_load(known.load, now, known.timezone, AHEAD_S),
        sun_today_wh=_energy_wh(sun, known.plant.produced, begin, middle),
        sun_tomorrow_wh=_energy_wh(sun, {}, middle, end),
    )


def days_of(now: datetime, timezone: tzinfo) -> tuple[int, int, int]:
    """The quarters with which today, tomorrow and the day after begin on the local clock."""
    today = now.astimezone(timezone).date()
    first, second, third = (
        quarter_of(datetime.combine(today + timedelta(days=n), time(), timezone)) for n in range(3)
    )
    return first, second, third


def part_of(band: Band, first: int, end: int) -> Band | None:
    """The steps of a band of quarters that lie in a stretch; None where it has none there."""
    offset = quarter_of(band.start)
    steps = slice(max(0, first - offset), max(0, end - offset))
    if not band.mean_w[steps]:
        return None
    return replace(
        band,
        start=start_of(max(first, offset)),
        mean_w=band.mean_w[steps],
        low_w=band.low_w[steps],
        high_w=band.high_w[steps],
    )


def _energy_wh(sun: Band | None, produced: Quarters, first: int, end: int) -> float | None:
    """What came and what is expected from `first` to before `end`; None when that is not known.

    Up to half an hour that nobody measured is taken to be as tomorrow at the same time.
    """
    if sun is None:
        return None
    here, powers, holes = quarter_of(sun.start), [], 0
    for quarter in range(first, end):
        if quarter < here and quarter in produced:
            powers.append(produced[quarter])
            continue
        holes += quarter < here
        expected_w = _at(sun.mean_w, quarter - here + (PER_DAY if quarter < here else 0))
        if expected_w is None:
            return None
        if quarter < here and expected_w == 0:
            holes -= 1
        powers.append(expected_w)
    return None if holes > _HOLES else math.fsum(powers) / PER_HOUR


def _at(values: Sequence[float], index: int) -> float | None:
    return values[index] if 0 <= index < len(values) else None
