"""The ranges from which a household is drawn, and the drawing.

typical: what many houses have. hard: everything adverse at once, and more of it. single: one car,
one charger, and guests. The rates of guests and faults are judgement: nobody publishes any. They
were set so that two simple methods, the status rule and the point table, do about as well here as
on another simulation of household-months (see docs/pairing.md).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from random import Random
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from benchmarks.pairing.sources import source
from benchmarks.pairing.things import Car, Charger, House, Mode
from benchmarks.pairing.world import DAY

Profile = Literal["typical", "hard", "single"]
PROFILES: tuple[Profile, ...] = ("typical", "hard", "single")
ZONES = ("Europe/Brussels", "Europe/Lisbon", "Europe/Helsinki", "Europe/Berlin", "America/Denver")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Weights are those of 1, 2, 3, 4; pairs are the ends of an even draw.

    Args:
        adverse: 0 to 1, scales the faults of cars and chargers.
        twins: share of houses with two cars of one make.
        mirrored: see House.
    """

    cars: tuple[float, float, float, float]
    chargers: tuple[float, float, float, float]
    guests: tuple[float, float]
    adverse: tuple[float, float]
    public: tuple[float, float]
    mirrored: tuple[float, float]
    together: tuple[float, float]
    granny: tuple[float, float]
    swaps: tuple[float, float]
    twins: float
    managed: float
    silences: tuple[int, int]


RANGES: dict[Profile, Ranges] = {
    "typical": Ranges(
        cars=(0.4, 0.45, 0.12, 0.03),
        chargers=(0.6, 0.32, 0.06, 0.02),
        guests=(0, 4),
        adverse=(0.05, 0.5),
        public=(0.01, 0.05),
        mirrored=(0, 0.01),
        together=(0, 0.12),
        granny=(0, 0.06),
        swaps=(0, 0.3),
        twins=0.12,
        managed=0.5,
        silences=(0, 3),
    ),
    "hard": Ranges(
        cars=(0.1, 0.45, 0.3, 0.15),
        chargers=(0.3, 0.45, 0.17, 0.08),
        guests=(2, 10),
        adverse=(0.5, 1),
        public=(0.03, 0.2),
        mirrored=(0.01, 0.06),
        together=(0.05, 0.25),
        granny=(0, 0.15),
        swaps=(0.2, 0.7),
        twins=0.45,
        managed=0.8,
        silences=(2, 9),
    ),
    "single": Ranges(
        cars=(1, 0, 0, 0),
        chargers=(1, 0, 0, 0),
        guests=(1, 6),
        adverse=(0.05, 0.5),
        public=(0.01, 0.15),
        mirrored=(0, 0.02),
        together=(0, 0),
        granny=(0, 0),
        swaps=(0, 0),
        twins=0,
        managed=0.5,
        silences=(0, 3),
    ),
}


def draw(profile: Profile, seed: int, days: int) -> House:
    """One household, the same for the same arguments."""
    ranges, dice = RANGES[profile], Random(f"{profile} {seed} house")
    starts = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=dice.randrange(24 * 330))
    zone = ZoneInfo(dice.choice(ZONES))
    offset = starts.astimezone(zone).utcoffset() or timedelta()
    adverse = dice.uniform(*ranges.adverse)
    house = House(
        profile=profile,
        seed=seed,
        timezone=zone.key,
        starts_at=int(starts.timestamp()),
        offset_h=offset.total_seconds() / 3600,
        lat=round(dice.uniform(38, 60), 4),
        lon=round(dice.uniform(-8, 24), 4),
        cars=[],
        chargers=[],
        guests_per_month=dice.uniform(*ranges.guests),
        mirrored=dice.uniform(*ranges.mirrored),
        together=dice.uniform(*ranges.together),
        swaps=dice.uniform(*ranges.swaps),
        replugs=dice.uniform(0, 0.03 + 0.05 * adverse),
        granny=dice.uniform(*ranges.granny),
        quick_swaps=dice.uniform(0.1, 0.5),
        lent_cards=dice.uniform(0, 0.04),
    )
    count = _one_of((1, 2, 3, 4), ranges.cars, dice)
    house.cars += [_car(n, house, ranges, adverse, days, dice) for n in range(count)]
    if count > 1 and dice.random() < ranges.twins:
        _make_twins(house.cars[0], house.cars[1])
    boxes = min(_one_of((1, 2, 3, 4), ranges.chargers, dice), count + (dice.random() < 0.15))
    modes = _modes(ranges, boxes, dice)
    cheap = (dice.choice((22.0, 23.0, 0.5, 1.0, 2.0)), dice.choice((5.0, 6.0, 7.0)))
    common = profile == "hard" or dice.random() < 0.3
    for number, mode in enumerate(modes):
        house.chargers.append(_charger(number, mode, cheap, adverse, days, dice))
    if boxes > 1 and common:
        house.balanced_a = dice.choice((16.0, 20.0, 25.0, 32.0))
        house.common_per_day = dice.uniform(0, 1.5)
    _cards(house, dice)
    house.silences = _spans(dice.randint(*ranges.silences), days, (60, 200 + 2000 * adverse), dice)
    return house


def _car(number: int, house: House, ranges: Ranges, adverse: float, days: int, dice: Random) -> Car:
    capacity = dice.uniform(24, 100)
    phases = dice.choice((1, 1, 3, 3, 3))
    km, turn = dice.uniform(4, 45), dice.uniform(0, 2 * pi)
    error = dice.choice((0, 0.03, 0.08 + 0.1 * adverse))
    car = Car(
        name=f"car-{'abcd'[number]}",
        capacity_kwh=capacity,
        told_kwh=round(capacity * (1 + dice.uniform(-error, error)), 1)
        if dice.random() < 0.93
        else None,
        ac_kw=dice.choice((3.7, 6.6, 7.4)) if phases == 1 else dice.choice((11, 11, 11, 22)),
        phases=phases,
        dc_kw=dice.choice((0, 50, 100, 170)),
        efficiency=dice.uniform(0.84, 0.94),
        limit=dice.choice((70, 80, 80, 90, 100)),
        taper_from=dice.uniform(86, 97),
        kwh_per_km=dice.uniform(0.14, 0.23),
        timer=(dice.uniform(21, 25) % 24, dice.uniform(5, 8)) if dice.random() < 0.12 else None,
        commute=dice.choice((0, 0.4, 0.75, 0.95)),
        leaves_h=dice.uniform(6.2, 9.2),
        returns_h=dice.uniform(15, 19),
        away_km=km,
        work=(
            house.lat + 0.7 * km / 111 * sin(turn),
            house.lon + 0.7 * km / 111 / cos(house.lat / 57.3) * cos(turn),
        ),
        evening=dice.uniform(0, 0.35),
        plugs_in=dice.uniform(0.35, 0.97),
        public=dice.uniform(*ranges.public),
        work_plug=dice.choice((0, 0, 0, 0, 0.4)) * (0.4 + adverse),
        preferred=dice.randrange(4),
        preconditions=dice.choice((0, 0, 0.4)),
        soc=dice.uniform(25, 75),
        lat=house.lat,
        lon=house.lon,
    )
    car.source = source(adverse, phases, dice)
    car.source.outages = _spans(int(dice.uniform(0, 1 + 3 * adverse)), days, (1200, 30000), dice)
    return car


def _make_twins(one: Car, two: Car) -> None:
    for name in (
        "capacity_kwh",
        "told_kwh",
        "ac_kw",
        "phases",
        "dc_kw",
        "efficiency",
        "taper_from",
    ):
        setattr(two, name, getattr(one, name))
    outages, two.source = two.source.outages, one.source
    del outages


def _modes(ranges: Ranges, boxes: int, dice: Random) -> list[Mode]:
    """A managed house follows the sun or cheap hours with most of its chargers."""
    if dice.random() > ranges.managed:
        return ["now"] * boxes
    kinds: tuple[Mode, ...] = ("surplus", "cheap", "timer")
    mode = dice.choice(kinds)
    return [mode if dice.random() < 0.8 else "now" for _ in range(boxes)]


def _charger(
    number: int, mode: Mode, cheap: tuple[float, float], adverse: float, days: int, dice: Random
) -> Charger:
    skews = (0.0, 0.0, dice.gauss(0, 20), dice.gauss(0, 400), 3600.0 * dice.choice((-2, -1, 1)))
    weights = (0.5, 0.2, 0.2, 0.3 * adverse, 0.15 * adverse)
    window = cheap if mode == "cheap" else (dice.uniform(21, 25) % 24, dice.uniform(5, 8))
    rated_a = dice.choice((16.0, 16.0, 20.0, 32.0))
    return Charger(
        name=f"box-{number + 1}",
        index=number,
        rated_a=rated_a,
        phases=dice.choice((1, 3, 3, 3)),
        mode=mode,
        window=window,
        skew_s=_one_of(skews, weights, dice),
        drift_s_per_day=dice.gauss(0, 2 * adverse),
        meter_s=dice.choice((30, 60, 60, 120, 300)),
        false_free=dice.choice((0, 0, 0, 0.1, 0.5)) * adverse,
        tells_power=dice.random() < 0.93,
        tells_energy=dice.random() < 0.93,
        booleans=dice.random() < 0.6,
        keeps_queue=dice.random() < 0.7,
        reads_cards=dice.random() < 0.18,
        reads_mac=dice.random() < 0.05,
        commanded=mode != "now" and dice.random() < 0.7,
        reboots=_spans(int(dice.uniform(0, 1 + 5 * adverse)), days, (20, 150), dice),
        offline=_spans(int(dice.uniform(0, 0.8 + 3.5 * adverse)), days, (180, 9000), dice),
        offered_a=rated_a,
    )


def _cards(house: House, dice: Random) -> None:
    """Each car's MAC address and card; the house knows some of them."""
    for car in house.cars:
        mac = f"VID:{dice.getrandbits(48):012X}"
        card = f"{dice.getrandbits(32):08X}"
        car.tokens = (mac, card) if dice.random() < 0.8 else (mac,)
        car.known_tokens = dice.random() < 0.7


def _spans(
    count: int, days: int, length: tuple[float, float], dice: Random
) -> tuple[tuple[float, float], ...]:
    begins = [dice.uniform(600, days * DAY) for _ in range(round(count * days / 30))]
    return tuple((b, b + dice.uniform(*length)) for b in sorted(begins))


def _one_of(values: tuple[T, ...], weights: tuple[float, ...], dice: Random) -> T:
    return dice.choices(values, weights)[0]
