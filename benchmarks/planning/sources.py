"""Where prices, load and sun of the benchmark come from.

Measured: day-ahead prices of Belgium 2022 and 2023 (ENTSO-E transparency platform) and one house
in France, half-hourly means of March to August 2024 (davidusb-geek/emhass, MIT). They are not
shipped with Hearth: name their folder with --data or HEARTH_PLANNING_DATA. Made: prices, load and
sun of a plain model below, for any year.
"""

import csv
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, exp, pi, radians, sin
from pathlib import Path
from random import Random

PRICES_FILE = "day_ahead_be_2022_2023.csv"
HOUSE_FILE = "house_load_pv_30min_2024_mar_aug.csv"
FOLDER = "HEARTH_PLANNING_DATA"

Rows = list[tuple[datetime, tuple[float | None, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """
    Args:
        prices: EUR per kWh without taxes. house: load and sun, in W.
    """

    prices: Rows
    house: Rows


def folder(named: Path | None) -> Path | None:
    """The folder of the measured files; None where they are not."""
    chosen = named or (Path(os.environ[FOLDER]) if FOLDER in os.environ else None)
    if chosen is None or not all((chosen / f).is_file() for f in (PRICES_FILE, HOUSE_FILE)):
        return None
    return chosen


def measured(where: Path) -> Data:
    return Data(
        prices=_read(where / PRICES_FILE, ("eur_per_kwh",)),
        house=_read(where / HOUSE_FILE, ("load_w", "pv_w")),
    )


def shifted(rows: Rows, weeks: int, begins: datetime, ends: datetime) -> Rows:
    """Rows moved by whole weeks, so that a Monday stays one, and cut to a span."""
    by = timedelta(weeks=weeks)
    return [(at + by, values) for at, values in rows if begins <= at + by < ends]


def made(random: Random, begins: datetime, ends: datetime, step_min: int) -> Data:
    """Prices, load and sun of the model, in steps of 15, 30 or 60 minutes."""
    prices, house = Rows(), Rows()
    level, wind, clouds = random.uniform(0.05, 0.16), 0.0, 0.6
    at, busy = begins, 0.0
    while at < ends:
        local = (at.hour + at.minute / 60 + 1) % 24
        season = cos(2 * pi * (at.timetuple().tm_yday - 172) / 365)  # 1 = midsummer
        height = _height(at.timetuple().tm_yday, local)
        if at.minute == 0 and at.hour == 0:
            wind = 0.7 * wind + random.gauss(0, 0.025)
            clouds = min(1.0, max(0.1, 0.5 * clouds + random.uniform(0, 0.6)))
        sky = min(1.0, max(0.05, clouds + random.gauss(0, 0.12)))
        peaks = exp(-((local - 8) ** 2) / 4) + 1.2 * exp(-((local - 19) ** 2) / 5)
        weekend = 0.75 if at.weekday() >= 5 else 1.0
        price = weekend * level * (0.75 + 0.5 * peaks) - 0.09 * max(0.0, season) * height + wind
        if at.minute % max(15, step_min) == 0:
            prices.append((at, (round(price + random.gauss(0, 0.004), 5),)))
        busy = 0.6 * busy + (random.expovariate(1 / 900) if random.random() < 0.1 * peaks else 0.0)
        load = 180 + 260 * peaks * random.uniform(0.6, 1.4) + busy
        house.append((at, (round(load, 1), round(4500 * sky * height, 1))))
        at += timedelta(minutes=step_min)
    return Data(prices=prices, house=house)


def _height(day: int, local: float) -> float:
    """Sine of the sun's height at 50 degrees north; 0 by night."""
    tilt = radians(23.4) * sin(2 * pi * (day - 81) / 365)
    place = radians(50)
    height = sin(place) * sin(tilt) + cos(place) * cos(tilt) * cos(2 * pi * (local - 13) / 24)
    return max(0.0, height)


def write(path: Path, columns: tuple[str, ...], rows: Rows) -> None:
    lines = [",".join(("start_utc", *columns))]
    for at, values in rows:
        cells = ["" if value is None else f"{value:g}" for value in values]
        lines.append(",".join([f"{at:%Y-%m-%dT%H:%M:%SZ}", *cells]))
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _read(path: Path, columns: tuple[str, ...]) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (
                datetime.fromisoformat(row["start_utc"]).astimezone(UTC),
                tuple(float(row[c]) if row[c] else None for c in columns),
            )
            for row in csv.DictReader(file)
        ]
