"""A small scenario on disk, of numbers that are checked by head; and a trace read back."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.backtest.control import Sight
from agent.model.readings import DeviceId
from agent.plan.moment import Setpoints

BEGINS = datetime(2024, 4, 1, tzinfo=UTC)

TEXT = """\
scenario: 1
from: 2024-04-01
to: 2024-04-03
timezone: UTC
currency: EUR
prices: {file: prices.csv, importColumn: eur_per_kwh, add: 0.1, factor: 1.0, exportFixed: 0.04}
pricesKnown: "13:00"
load:  {file: house.csv, column: load_w}
solar: {file: house.csv, column: pv_w, scale: 1.0}
forecast: persistence
mains: {phases: 3, amps: 25, importLimitKw: null, exportLimitKw: null}
events: [{from: 2024-04-01T17:00:00Z, to: 2024-04-01T19:00:00Z, importLimitKw: 4.2}]
battery: {capacityKwh: 10, minPercent: 10, startPercent: 50, maxChargeKw: 5, maxDischargeKw: 5, \
chargeEfficiency: 0.95, dischargeEfficiency: 0.95}
vehicles:
  - {id: car, capacityKwh: 60, startPercent: 50, maxKw: 11, minKw: 4.14, phases: 3, \
efficiency: 0.9, limitPercent: 80, minimumPercent: 20, deadline: "07:00", mode: smart}
trips: trips.csv
"""
TRIPS = """\
vehicle,leaves,returns,used_kwh
car,2024-04-01T08:00:00Z,2024-04-01T16:02:00Z,20
car,2024-04-02T06:00:00Z,2024-04-02T20:00:00Z,60
"""


def hours(figures: Mapping[str, Sequence[float | None]], begins: datetime = BEGINS) -> str:
    """A CSV of hourly rows."""
    lines = [",".join(["start_utc", *figures])]
    for n, row in enumerate(zip(*figures.values(), strict=True)):
        at = begins + timedelta(hours=n)
        lines.append(
            ",".join([f"{at:%Y-%m-%dT%H:%M:%SZ}", *("" if v is None else f"{v}" for v in row)])
        )
    return "\n".join([*lines, ""])


PRICES = [0.10 + 0.01 * (n % 24) for n in range(96)]
LOADS = [300.0 + 100.0 * (n % 5) for n in range(96)]
SUNS = [4000.0 if 9 <= n % 24 < 15 else 0.0 for n in range(96)]


def write_files(
    folder: Path,
    text: str = TEXT,
    trips: str = TRIPS,
    prices: Sequence[float | None] = PRICES,
    loads: Sequence[float | None] = LOADS,
) -> Path:
    """A scenario with its files; what is left out is as above."""
    (folder / "prices.csv").write_text(hours({"eur_per_kwh": prices}))
    (folder / "house.csv").write_text(hours({"load_w": loads, "pv_w": SUNS[: len(loads)]}))
    (folder / "trips.csv").write_text(trips)
    path = folder / "a.yaml"
    path.write_text(text)
    return path


@dataclass(slots=True)
class Told:
    """Steers with what it is given, whatever comes of it."""

    car_w: Mapping[DeviceId, float] = field(default_factory=dict)
    battery_w: float = 0.0
    curtail_w: float = 0.0
    plan_ms: tuple[float, ...] = ()
    seen: list[Sight] = field(default_factory=list)

    def steer(self, sight: Sight) -> Setpoints:
        self.seen.append(sight)
        return Setpoints(car_w=self.car_w, battery_w=self.battery_w, curtail_w=self.curtail_w)


def read_trace(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
