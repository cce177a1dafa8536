"""Households whose parameters are drawn anew for each seed.

typical: what most homes are like. hard: everything adverse at once. single: one car, one charger.
Rates of guests and faults are judgement.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

Profile = Literal["typical", "hard", "single"]
PROFILES: tuple[Profile, ...] = ("typical", "hard", "single")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarTraits:
    """
    Args:
        poll_s: between two reports while awake; idle_poll_s: while parked and idle.
        sleeps_after_s: idle that long it reports nothing; it wakes at a plug.
        wake_s: from the plug to the first report of a sleeping car.
        restamped: share of reports that show a state of minutes ago as if it were new.
        changes_only: tells fields when they change.
        capacity_error: true capacity by the one that is known.
    """

    id: str
    capacity_kwh: float
    known_kwh: float | None
    max_kw: float
    poll_s: float
    idle_poll_s: float
    sleeps_after_s: float
    wake_s: float
    restamped: float
    changes_only: bool
    tells_rate: bool
    tells_level: bool
    gps: Literal["none", "good", "coarse", "wrong"]
    ghost: float
    plugs: float
    public: float
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerTraits:
    id: str
    max_kw: float
    skew_s: float
    late: float
    reboots_per_day: float
    blink: float
    meter_s: float
    has_counter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    cars: tuple[CarTraits, ...]
    chargers: tuple[ChargerTraits, ...]
    guests_per_week: float
    correlated: float
    swaps: float
    replugs: float
    mode: Literal["at-once", "night", "surplus"]
    shares_fuse: bool


def house(profile: Profile, dice: Random) -> House:
    hard = profile == "hard"
    cars = 1 if profile == "single" else dice.choices((1, 2, 3, 4), (2, 5, 2, 1))[0]
    chargers = 1 if profile == "single" else dice.choices((1, 2, 3), (4, 5, 1))[0]
    kinds = [dice.randrange(3) for _ in range(cars)]
    same = cars > 1 and dice.random() < (0.4 if hard else 0.1)
    return House(
        cars=tuple(_car(n, kinds[0] if same else kinds[n], dice, hard=hard) for n in range(cars)),
        chargers=tuple(_charger(n, dice, hard=hard) for n in range(chargers)),
        guests_per_week=dice.uniform(0.5, 4.0) if hard else dice.uniform(0.0, 1.5),
        correlated=0.25 if hard else 0.05,
        swaps=0.3 if hard else 0.1,
        replugs=0.08 if hard else 0.02,
        mode=dice.choices(("at-once", "night", "surplus"), (3, 4, 3))[0],
        shares_fuse=dice.random() < (0.6 if hard else 0.3),
    )


def _car(number: int, kind: int, dice: Random, *, hard: bool) -> CarTraits:
    capacity = (42.0, 58.0, 75.0)[kind]
    slow = dice.random() < (0.5 if hard else 0.2)
    return CarTraits(
        id=f"car-{number + 1}",
        capacity_kwh=capacity * dice.uniform(0.85 if hard else 0.95, 1.03),
        known_kwh=None if dice.random() < (0.25 if hard else 0.1) else capacity,
        max_kw=(7.4, 11.0, 11.0)[kind],
        poll_s=dice.uniform(300, 1500) if slow else dice.uniform(20, 300),
        idle_poll_s=dice.uniform(600, 2400) if slow else dice.uniform(180, 900),
        sleeps_after_s=dice.choice((1200.0, 1800.0, 1e9)),
        wake_s=dice.uniform(30, 900 if slow else 120),
        restamped=dice.uniform(0.05, 0.3) if hard else dice.uniform(0.0, 0.06),
        changes_only=dice.random() < 0.3,
        tells_rate=dice.random() < (0.4 if hard else 0.7),
        tells_level=dice.random() < (0.8 if hard else 0.95),
        gps=dice.choices(
            ("none", "good", "coarse", "wrong"), (5, 3, 2, 1.5) if hard else (3, 6, 1, 0.1)
        )[0],
        ghost=dice.choice((0.0, 0.03)) if hard else 0.002,
        plugs=dice.uniform(0.3, 0.95),
        public=dice.uniform(0.05, 0.3) if hard else dice.uniform(0.0, 0.12),
        token=f"04A1B2C{number}" if dice.random() < (0.1 if hard else 0.15) else None,
    )


def _charger(number: int, dice: Random, *, hard: bool) -> ChargerTraits:
    return ChargerTraits(
        id=f"box-{number + 1}",
        max_kw=dice.choice((7.4, 11.0, 11.0, 22.0)),
        skew_s=dice.uniform(-400, 400) if hard else dice.uniform(-20, 20),
        late=0.03 if hard else 0.003,
        reboots_per_day=0.3 if hard else 0.02,
        blink=0.4 if hard else 0.1,
        meter_s=dice.choice((30.0, 60.0, 300.0)),
        has_counter=dice.random() < 0.9,
    )
