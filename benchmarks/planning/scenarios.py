"""Scenarios of many kinds, drawn from a seed: written as files that `hearth backtest` runs too."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from benchmarks.planning import sources
from benchmarks.planning.sources import Data

ZONE = "Europe/Brussels"
MEASURED_WEEKS = (-52, -104)
"""The house was measured in 2024, the prices are of 2023 and 2022."""

OTHER_MODES = ("surplus", "min-surplus", "fast")
INSTANT = "%Y-%m-%dT%H:%M:%SZ"
Settings = dict[str, object]

HISTORY = timedelta(days=15)
EXTRA = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """
    Args:
        path: of its YAML. judged: whether its savings count; cars of other modes than smart get
            less energy than at once, which is no saving.
    """

    seed: int
    path: Path
    judged: bool
    weeks: float
    measured: bool


def draw(
    seed: int, folder: Path, data: Data | None, most_weeks: int = 4, most_cars: int = 3
) -> Drawn:
    """Write the scenario of a seed into a folder of its own.

    Args:
        data: what was measured; None = all is made by the model.
        most_weeks: longer ones are cut. most_cars: no house has more.
    """
    random = Random(f"planning {seed}")
    here = folder / f"s{seed}"
    here.mkdir(parents=True, exist_ok=True)
    real = data is not None and random.random() < 0.75
    days = min(7 * most_weeks, random.choice((7, 7, 7, 14, 14, 21, 28)))
    begins = _begin(random, days, real=real)
    first = datetime.combine(begins, time(), UTC) - HISTORY
    last = datetime.combine(begins + timedelta(days=days), time(), UTC) + EXTRA
    step_min = random.choice((15, 30, 60))
    if real and data is not None:
        weeks = MEASURED_WEEKS[2023 - begins.year]
        found = Data(
            prices=sources.shifted(data.prices, 0, first, last),
            house=sources.shifted(data.house, weeks, first, last),
        )
    else:
        found = sources.made(random, first, last, step_min)
    prices: sources.Rows = [(at, (spot, _feed_in(spot))) for at, (spot, *_) in found.prices]
    if random.random() < 0.3:
        prices = _gapped(random, prices)
    sources.write(here / "prices.csv", ("eur_per_kwh", "feed_in"), prices)
    sources.write(here / "house.csv", ("load_w", "pv_w"), found.house)
    cars = _cars(random)[:most_cars]
    (here / "trips.csv").write_text(_trips(random, cars, begins, days), encoding="utf-8")
    text = _yaml(random, begins, days, cars)
    path = here / f"s{seed}.yaml"
    path.write_text(text, encoding="utf-8")
    judged = all(car["mode"] == "smart" for car in cars)
    return Drawn(seed=seed, path=path, judged=judged, weeks=days / 7, measured=real)


def _feed_in(spot: float | None) -> float | None:
    """What a direct marketer pays."""
    return None if spot is None else round(spot * 0.95 - 0.005, 5)


def _begin(random: Random, days: int, *, real: bool) -> date:
    """Some day for which there are data; every fourth time in the week of a change of clocks."""
    year = random.choice((2022, 2023))
    if real:
        if random.random() < 0.2:
            return date(year, 3, 21 if year == 2022 else 20)
        return date(year, 3, 20) + timedelta(days=random.randrange(160 - days))
    if random.random() < 0.25:
        return random.choice((date(year, 3, 24), date(year, 10, 25)))
    return date(year, 1, 20) + timedelta(days=random.randrange(310 - days))


def _gapped(random: Random, rows: sources.Rows) -> sources.Rows:
    """Some hours of some days are not known, or never came at all."""
    kept = list(rows)
    for _ in range(random.randrange(1, 6)):
        first, count = random.randrange(len(kept)), random.randrange(1, 12)
        if random.random() < 0.5:
            del kept[first : first + count]
        else:
            kept[first : first + count] = [
                (at, (None, None)) for at, _ in kept[first : first + count]
            ]
    return kept


def _cars(random: Random) -> list[Settings]:
    return [
        _car(random, name)
        for name in ("blue", "red", "old")[: random.choice((0, 1, 1, 1, 2, 2, 3))]
    ]


def _car(random: Random, name: str) -> Settings:
    phases = random.choice((1, 3, 3))
    most = random.choice((3.7, 7.4)) if phases == 1 else random.choice((7.4, 11.0, 11.0, 22.0))
    limit = random.choice((70, 80, 80, 90, 100))
    minute = random.randrange(5 * 12, 9 * 12) * 5
    return {
        "id": name,
        "capacityKwh": random.choice((24, 40, 58, 64, 77)),
        "startPercent": random.randrange(15, limit),
        "maxKw": most,
        "minKw": 1.38 if phases == 1 else 4.14,
        "phases": phases,
        "efficiency": random.choice((0.86, 0.9, 0.92)),
        "limitPercent": limit,
        "minimumPercent": random.choice((0, 10, 20, 30)),
        "deadline": f'"{minute // 60:02}:{minute % 60:02}"',
        "mode": "smart"
        if random.random() < 0.9
        else random.choice(("surplus", "min-surplus", "fast")),
    }


def _trips(random: Random, cars: list[Settings], begins: date, days: int) -> str:
    lines = ["vehicle,leaves,returns,used_kwh"]
    for car in cars:
        commutes, deadline = random.random() < 0.7, str(car["deadline"]).strip('"')
        hour, minute = map(int, deadline.split(":"))
        capacity = float(str(car["capacityKwh"]))
        for n in range(days):
            day = begins + timedelta(days=n)
            chance = (0.9 if commutes else 0.5) if day.weekday() < 5 else 0.5
            last = n == days - 1
            if random.random() > chance and not last:
                continue
            early = random.random() < 0.07 and not last
            later = -random.randrange(5, 240) if early else random.randrange(0, 150)
            leaves = _local(day, hour * 60 + minute + later)
            away_min = random.randrange(360, 660) if commutes else random.randrange(60, 500)
            if random.random() < 0.05:
                away_min += random.randrange(240, 600)
            returns = min(leaves + timedelta(minutes=away_min), _local(day, 24 * 60 + 50))
            if last:
                # Nobody hangs there at the end: what is put off to another day saves nothing.
                returns = _local(day, 36 * 60)
            used = min(0.9 * capacity, random.lognormvariate(2.1, 0.6))
            lines.append(f"{car['id']},{leaves:{INSTANT}},{returns:{INSTANT}},{used:.2f}")
    return "\n".join([*lines, ""])


def _local(day: date, minute: int) -> datetime:
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def _yaml(random: Random, begins: date, days: int, cars: list[Settings]) -> str:
    phases = 1 if not any(car["phases"] == 3 for car in cars) and random.random() < 0.3 else 3
    amps = random.choice((16, 20, 25, 25, 35)) if phases == 3 else random.choice((32, 40, 63))
    fixed: Settings = {"exportFixed": random.choice((0, 0.04, 0.08))}
    sold: Settings = {"exportColumn": "feed_in"} if random.random() < 0.3 else fixed
    bought: Settings = {
        "file": "prices.csv",
        "importColumn": "eur_per_kwh",
        "add": random.choice((0.0, 0.08, 0.13, 0.18)),
        "factor": random.choice((1.0, 1.0, 1.06)),
    }
    scale = random.choice((0.0, 0.5, 1.0, 1.0, 2.0))
    mains: Settings = {
        "phases": phases,
        "amps": amps,
        "importLimitKw": random.choice(("null", "null", "null", 9)),
        "exportLimitKw": random.choice(("null", "null", 3)),
    }
    lines = [
        "scenario: 1",
        f"from: {begins}",
        f"to: {begins + timedelta(days=days)}",
        f"timezone: {ZONE}",
        "currency: EUR",
        f"prices: {_flow({**bought, **sold})}",
        f'pricesKnown: "{random.choice(("13:00", "13:00", "14:00"))}"',
        "load: {file: house.csv, column: load_w}",
        f"solar: {_flow({'file': 'house.csv', 'column': 'pv_w', 'scale': scale})}",
        "forecast: persistence",
        f"mains: {_flow(mains)}",
    ]
    if random.random() < 0.4:
        lines += ["events:", *(_event(random, begins, days) for _ in range(random.randrange(1, 4)))]
    if random.random() < 0.65:
        lines.append(f"battery: {_flow(_battery(random))}")
    if cars:
        lines += ["vehicles:", *(f"  - {_flow(car)}" for car in cars), "trips: trips.csv"]
    return "\n".join([*lines, ""])


def _flow(settings: Settings) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in settings.items()) + "}"


def _battery(random: Random) -> Settings:
    most_kw, efficiency = random.choice((2.5, 3.7, 5)), random.choice((0.9, 0.95, 0.97))
    return {
        "capacityKwh": random.choice((5, 7.5, 10, 15)),
        "minPercent": random.choice((0, 5, 10)),
        "startPercent": 50,
        "maxChargeKw": most_kw,
        "maxDischargeKw": most_kw,
        "chargeEfficiency": efficiency,
        "dischargeEfficiency": efficiency,
    }


def _event(random: Random, begins: date, days: int) -> str:
    day = begins + timedelta(days=random.randrange(days))
    at = _local(day, random.randrange(16 * 12, 22 * 12) * 5)
    ends = at + timedelta(minutes=5 * random.randrange(6, 36))
    limit: Settings = {"from": f"{at:{INSTANT}}", "to": f"{ends:{INSTANT}}", "importLimitKw": 4.2}
    return f"  - {_flow(limit)}"
