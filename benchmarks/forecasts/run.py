"""Forecasts of a recorded house from its own past alone, made again and again, against what came.

At each origin the forecast sees nothing of that moment or later. An error is that of the mean
power of the half hour that begins 1, 6 or 24 h after the origin. The guesses see as much: "same as
yesterday" takes the newest full half hour of that time of day, "mean of 7 days" the newest seven.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import fmean
from zoneinfo import ZoneInfo

from agent.forecasts import Place, Quarters, forecast_load, forecast_sun
from agent.forecasts.quarters import PER_DAY, start_of
from agent.model.forecasts import Band

LEADS_H = (1, 6, 24)
FILE = "house_load_pv_30min_2024_mar_aug.csv"
TIMEZONE = ZoneInfo("Europe/Paris")
_WARM_DAYS = 28
_AHEAD_S = 25 * 3600.0

Maker = Callable[[Quarters, datetime], Band | None]


@dataclass(slots=True)
class Tally:
    """Errors in W by lead, of us and of each guess, at the same half hours."""

    errors: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    inside: dict[int, list[bool]] = field(default_factory=dict)

    def add(self, who: str, lead_h: int, error_w: float) -> None:
        self.errors.setdefault(who, {}).setdefault(lead_h, []).append(error_w)

    def mean_error_w(self, who: str, lead_h: int) -> float:
        return fmean(map(abs, self.errors[who][lead_h]))

    def bias_w(self, who: str, lead_h: int) -> float:
        return fmean(self.errors[who][lead_h])

    def inside_percent(self, lead_h: int) -> float:
        """Of the half hours in which something could come at all."""
        return 100 * fmean(self.inside[lead_h])


OURS, YESTERDAY, WEEK = "Hearth", "same as yesterday", "mean of 7 days"


def read(path: Path) -> tuple[Quarters, Quarters]:
    """Load and sun of a file with start_utc, load_w and pv_w for each half hour."""
    load: dict[int, float] = {}
    sun: dict[int, float] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            quarter = int(datetime.fromisoformat(row["start_utc"]).timestamp() // 900)
            for text, series in ((row["load_w"], load), (row["pv_w"], sun)):
                if text:
                    series[quarter] = series[quarter + 1] = float(text)
    return load, sun


def of_load(history: Quarters, now: datetime) -> Band | None:
    return forecast_load(history, now, TIMEZONE, _AHEAD_S)


def of_sun(place: Place | None) -> Maker:
    def make(history: Quarters, now: datetime) -> Band | None:
        return forecast_sun(history, now, _AHEAD_S, place)

    return make


def run(series: Quarters, make: Maker, every_h: int) -> Tally:
    """Forecast every so many hours from the fifth week on."""
    tally, first, last = Tally(), min(series), max(series)
    for here in range(first + _WARM_DAYS * PER_DAY, last - 26 * 4, 4 * every_h):
        past = {q: v for q, v in series.items() if here - 60 * PER_DAY <= q < here}
        band = make(past, start_of(here))
        if band is not None:
            _judge(tally, series, past, band, here)
    return tally


def _judge(
    tally: Tally, series: Quarters, past: Mapping[int, float], band: Band, here: int
) -> None:
    for lead_h in LEADS_H:
        steps = range(4 * lead_h, 4 * lead_h + 2)
        guess = _guesses(past, here + steps.start)
        if here + steps.start not in series or guess is None:
            continue
        came_w = fmean(series[here + n] for n in steps)
        tally.add(OURS, lead_h, fmean(band.mean_w[n] for n in steps) - came_w)
        tally.add(YESTERDAY, lead_h, guess[0] - came_w)
        tally.add(WEEK, lead_h, guess[1] - came_w)
        low_w, high_w = (fmean(bound[n] for n in steps) for bound in (band.low_w, band.high_w))
        if came_w > 0 or high_w > 0:
            tally.inside.setdefault(lead_h, []).append(low_w <= came_w <= high_w)


def _guesses(past: Mapping[int, float], quarter: int) -> tuple[float, float] | None:
    """The newest known half hour of that time of day, and the mean of seven."""
    found = [
        (past[earlier] + past[earlier + 1]) / 2
        for days in range(1, 15)
        if (earlier := quarter - days * PER_DAY) in past and earlier + 1 in past
    ][:7]
    return (found[0], fmean(found)) if found else None
