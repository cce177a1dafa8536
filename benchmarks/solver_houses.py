"""Problems of the size that the planner is promised for: 48 hours of quarter hours, 0 to 4 cars."""

import math
import random
from datetime import UTC, datetime, timedelta

from agent.model.readings import DeviceId
from agent.plan.optimise.problem import BatteryTask, CarTask, Deadline, Problem, Step

STEPS, STEP_S = 192, 900.0
BEGINS = datetime(2026, 5, 1, 17, tzinfo=UTC)
MORNINGS = tuple(datetime(2026, 5, day, 5, tzinfo=UTC) for day in (2, 3))


def house(seed: int) -> Problem:
    """A house of its own for each seed; the number of cars is the seed's remainder by five."""
    rng = random.Random(seed)
    return Problem(
        steps=tuple(_step(rng, n) for n in range(STEPS)),
        cars=tuple(_car(rng, n) for n in range(seed % 5)),
        battery=_battery(rng) if rng.random() < 0.8 else None,
        fuse_a=rng.choice((20.0, 25.0, 35.0)),
        curtailable=True,
        peak_per_kw=rng.choice((0.0, 0.0, 4.0)),
        peak_free_w=2500.0,
    )


def _step(rng: random.Random, n: int) -> Step:
    at = BEGINS + timedelta(seconds=STEP_S * n)
    hour = at.hour + at.minute / 60
    sun_w = max(0.0, 5000 * math.sin((hour - 5) / 14 * math.pi)) * rng.uniform(0.5, 1.0)
    load_w = 300 + 700 * rng.random() ** 3
    price_per_kwh = 0.22 + 0.08 * math.sin((hour - 3) / 6 * math.pi) + rng.uniform(-0.02, 0.02)
    return Step(
        start=at,
        duration_s=STEP_S,
        import_per_kwh=price_per_kwh,
        export_per_kwh=price_per_kwh - 0.14,
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=load_w + 1500,
        sun_low_w=sun_w * 0.3,
        import_limit_w=4200.0 if 20 <= n < 28 else None,
    )


def _car(rng: random.Random, number: int) -> CarTask:
    phases = rng.choice((1, 3))
    return CarTask(
        device=DeviceId(f"car {number}"),
        level_wh=rng.uniform(5_000, 40_000),
        limit_wh=50_000.0,
        minimum_wh=10_000.0,
        min_w=1380.0 * phases,
        max_w=3680.0 * phases,
        phases=phases,
        first_phase=rng.choice((1, 2, 3)),
        efficiency=0.9,
        deadlines=tuple(Deadline(at=at, level_wh=50_000.0) for at in MORNINGS),
    )


def _battery(rng: random.Random) -> BatteryTask:
    return BatteryTask(
        level_wh=rng.uniform(1_000, 10_000),
        least_wh=1_000.0,
        most_wh=10_000.0,
        max_charge_w=5_000.0,
        max_discharge_w=5_000.0,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        to_grid=rng.random() < 0.5,
        feeds_cars=rng.random() < 0.5,
    )
