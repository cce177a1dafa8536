"""The demo's screenplay: who comes and goes when, and what each car needs.

Where no day passes while one watches, the city car comes home, is charged for an errand, drives
off, and is back later; meanwhile the family car comes home for the night and a guest stays for a
while. Where days pass, the cars drive to work from the next day on.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BEGINS = datetime(2026, 6, 15, 9, 29, 45, tzinfo=UTC)
"""A June morning: the sun is up and grows, so that there is something to see. Just before a quarter
of an hour, at which forecasts are made."""

TIMEZONE = ZoneInfo("Europe/Brussels")
FUSE_A = 40
HOME = (50.85, 4.35)  # Brussels

TRIPS_FROM_SPEED = 20.0
"""Where a day passes while one watches."""

CITY_HOME_S, CITY_LEAVES_S, CITY_BACK_S = 10.0, 70.0, 240.0
FAMILY_HOME_S = 24.0
GUEST_FROM_S, GUEST_FOR_S = 95.0, 100.0
"""Real seconds after the beginning; leaving, and the guest, where no day passes. Each comes late
enough for the one before to be known: two cables in one moment are a harder case."""

GUEST_BAY, GUEST_A = "CP003", 13.0
GUEST_LONG_FROM_S, GUEST_LONG_FOR_S = 3 * 3600.0, 2 * 3600.0
"""House seconds: where days pass, a guest comes each afternoon."""

SOONER_FROM_SPEED, SOONER = 100.0, 0.4
"""Where a second is minutes, the cars come home so much sooner."""

STILL_S = 6.0
"""Nobody presses anything so shortly before or after a cable is pulled: that would end it."""
SETTLES_S = 20.0

CITY_KWH, CITY_LIMIT_PERCENT, CITY_BACK_PERCENT = 17.6, 80.0, 45.0
CITY_A = 10.0
CITY_W = CITY_A * 230.0
"""Unlike the other car's, so that what flows tells them apart."""
CITY_CHARGES_S, CITY_LEAST_PERCENT = 20.0, 60.0
"""Its first charge lasts so many real seconds; its level is never below that for it."""

SPARE_S = 17 * 60.0
"""So much later than it could be full it is needed at the latest."""
ASKED_FOR_S = 100.0
"""Real seconds after it came home, within which it is needed at the latest."""

ARRIVES = 0.9
"""Of the energy from the charger, the share that a car's battery gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Args:
    speed: house seconds per real second.
    trace: CSV of real load and sun; None invents them from the seed.
    at_home: the cars hang on their cables from the beginning: for tests that need a charge at once.
    """

    folder: Path
    speed: float
    seed: int
    trace: Path | None
    at_home: bool = False

    @property
    def days_pass(self) -> bool:
        """Whether it is so fast that the cars drive to work."""
        return self.speed >= TRIPS_FROM_SPEED

    def cable_leaves(self, real_s: float) -> bool:
        """Whether a cable is pulled about `real_s` after the beginning, as far as that is fixed."""
        leaves_s = (CITY_LEAVES_S, GUEST_FROM_S + GUEST_FOR_S)
        return not self.days_pass and any(abs(real_s - at_s) < STILL_S for at_s in leaves_s)

    def unsettled(self, real_s: float) -> bool:
        """Whether a car came home so shortly before `real_s` after the beginning that a start or a
        stop by hand would puzzle whoever has to find out which car that is."""
        comes_s = [self.city_home_s, self.family_home_s]
        if not self.days_pass:
            comes_s.append(CITY_BACK_S)
        return any(-STILL_S < real_s - at_s < SETTLES_S for at_s in comes_s)

    @property
    def city_home_s(self) -> float:
        """Real seconds after the beginning."""
        return CITY_HOME_S * (SOONER if self.speed > SOONER_FROM_SPEED else 1.0)

    @property
    def family_home_s(self) -> float:
        """Real seconds after the beginning."""
        return FAMILY_HOME_S * (SOONER if self.speed > SOONER_FROM_SPEED else 1.0)

    @property
    def city_level_percent(self) -> float:
        """With which the city car comes home for the first time."""
        takes_kwh = CITY_W / 1000 * CITY_CHARGES_S * self.speed / 3600 * ARRIVES
        level_percent = CITY_LIMIT_PERCENT - 100 * takes_kwh / CITY_KWH
        return max(CITY_LEAST_PERCENT, level_percent)

    def city_needed_at(self, now: datetime) -> datetime:
        """By when the city car shall be full, if somebody asks for that now; a whole minute."""
        missing = (CITY_LIMIT_PERCENT - self.city_level_percent) / 100
        charges_s = missing * CITY_KWH * 1000 / ARRIVES / CITY_W * 3600
        home = max(now, self.start() + timedelta(seconds=self.city_home_s * self.speed))
        soon_s = max(charges_s, min(ASKED_FOR_S * self.speed, SPARE_S + charges_s))
        at = home + timedelta(seconds=soon_s + 59)
        return at.replace(second=0, microsecond=0)

    def start(self) -> datetime:
        """When the demo's house begins to live."""
        if self.trace is None:
            return BEGINS + timedelta(days=self.seed % 20)
        with self.trace.open(encoding="utf-8", newline="") as file:
            first = next(csv.DictReader(file))["start_utc"]
        return datetime.fromisoformat(first).astimezone(UTC) + timedelta(hours=8)

    def cars(self) -> Iterator[str]:
        """What the house is told of cars and guest; its times are those of the house."""
        family = "CP001,capacity_kwh=58,soc=35,max_a=16,phases=3,limit=90"
        city = f"CP002,capacity_kwh={CITY_KWH},soc={self.city_level_percent:.2f}"
        city += f",max_a={CITY_A:g},phases=1,limit={CITY_LIMIT_PERCENT:g}"
        guest = f"{GUEST_BAY},capacity_kwh=75,soc=48,max_a={GUEST_A:g},phases=1"
        guest_from_s, guest_for_s = GUEST_FROM_S * self.speed, GUEST_FOR_S * self.speed
        bay = f"{GUEST_BAY},plugged=no,trips=no"  # nobody lives there
        if not self.at_home:
            family += f",arrives_s={self.family_home_s * self.speed:g}"
            city += f",arrives_s={self.city_home_s * self.speed:g}"
        if self.days_pass:
            guest_from_s, guest_for_s = GUEST_LONG_FROM_S, GUEST_LONG_FOR_S
            yield "--trips"
        elif not self.at_home:
            city += f",leaves_s={CITY_LEAVES_S * self.speed:g}"
            city += f",returns_s={CITY_BACK_S * self.speed:g},returns_soc={CITY_BACK_PERCENT:g}"
        guest += f",from_s={guest_from_s:g},for_s={guest_for_s:g}"
        yield from ("--car", family, "--car", city, "--car", bay, "--guest", guest)
