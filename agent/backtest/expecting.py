"""What planning expects of prices, load and sun, from what it may know at a step and nothing more.

Recipes: load and sun are what the house's habits are (habits.py); a price that is not published is
the mean of the same local time on the last seven days. What is measured now holds for the first
half hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import ceil

from agent.backtest.daylight import Daylight
from agent.backtest.habits import LOAD, SUN, Habits, Turn
from agent.backtest.scenario import Foresight
from agent.backtest.sums import Sums
from agent.backtest.world import DAY_S, World
from agent.plan.calendar import midnight

PRICE_DAYS = 7
HOLDS_S = 1800
"""For how long what is measured now is expected to go on."""

LEAST_SUN = 0.2
HIGH_SHARE = 0.95
SPREAD_DAYS, MORE_SHARE, MORE_PART = 7, 0.85, 0.5
"""From the most frugal day of a week to half of the way from the mean to one that takes more than
that share of them lies what is doubtful: a battery stores it as far as that pays, though it may
not come."""

USUAL_LOAD_W, HIGH_LOAD_W, LOW_LOAD_W = 500.0, 2500.0, 200.0
"""Of a house of which nothing but the moment is known: 4400 kWh a year, and its kitchen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Means over one stretch; the bounds have one chance in twenty to be passed."""

    import_per_kwh: float
    export_per_kwh: float
    known: bool
    load_w: float
    sun_w: float
    load_high_w: float
    sun_low_w: float
    load_low_w: float


class Expecting:
    """Looks at a world as planning may."""

    def __init__(self, world: World) -> None:
        self._world, self._foresight = world, world.scenario.foresight
        self._step_s = world.scenario.step_s
        self._day = DAY_S // self._step_s
        self._imports = Sums(world.import_prices, world.before)
        self._exports = Sums(world.export_prices, world.before)
        self._load = Habits(LOAD, world.load_w, world.before, self._step_s)
        self._sun = Habits(SUN, _awake(world), world.before, self._step_s)
        self._shifts = dict[int, int]()
        self._daylight = Daylight(world.scenario.zone)
        # One stretch is asked for by each plan of two days, with the same answer most of the time.
        self._known_flows = dict[tuple[int, int, int], tuple[float, float, float]]()
        self._known_prices = dict[tuple[int, int, int], tuple[float, float, bool]]()

    def known_until(self, step: int) -> int:
        """The step up to which prices are published: the end of this local day, and of the next
        from a time of day on. A price that never changes is known as far as anything."""
        scenario, world = self._world.scenario, self._world
        if scenario.import_prices is None:
            return world.last
        local = world.instant(step).astimezone(scenario.zone)
        days = 2 if local.hour * 60 + local.minute >= scenario.known_minute else 1
        return world.step_of(midnight(local.date() + timedelta(days=days), scenario.zone.key))

    def load_high_w(self, step: int) -> float:
        """What the house may take in its bad hours."""
        if self._foresight is Foresight.NONE:
            return HIGH_LOAD_W
        n = step + self._world.before
        day = sorted(w for w in self._world.load_w[max(0, n - self._day) : n] if w is not None)
        return day[ceil(HIGH_SHARE * len(day)) - 1] if day else HIGH_LOAD_W

    def stretches(self, step: int, edges: Sequence[int]) -> list[Expected]:
        """What is expected between each two edges, the first of which is `step`."""
        until, turned = self.known_until(step), self._turned(step)
        high_w = self.load_high_w(step)
        found = []
        exact = self._foresight is Foresight.ACTUAL
        for first, behind in pairwise(edges):
            load_w, sun_w, load_low_w = self._flows(step, first, behind, turned)
            bought, sold, known = self._prices(first, behind, until)
            each = Expected(
                import_per_kwh=bought,
                export_per_kwh=sold,
                known=known,
                load_w=load_w,
                sun_w=sun_w,
                load_high_w=load_w if exact else max(load_w, high_w),
                sun_low_w=sun_w if exact else sun_w * LEAST_SUN,
                load_low_w=load_low_w,
            )
            found.append(each)
        return found

    def _flows(
        self, step: int, first: int, behind: int, turned: tuple[Turn, Turn] | None
    ) -> tuple[float, float, float]:
        """Load, sun, and what the house takes at least on most days."""
        world, ahead_s = self._world, (first - step) * self._step_s
        if self._foresight is Foresight.ACTUAL:
            load_w, sun_w = (
                each.counted.mean(first, behind) or 0.0 for each in (self._load, self._sun)
            )
            return load_w, sun_w, load_w
        if ahead_s < HOLDS_S:
            load_w, sun_w = (world.at(v, step) or 0.0 for v in (world.load_w, world.sun_w))
            return load_w, sun_w, load_w
        lately = self._lately(step, first, behind) if turned else None
        if lately is None or turned is None:
            return USUAL_LOAD_W, self._unknown_sun_w(step, first, behind), LOW_LOAD_W
        load_w, sun_w, low_w = lately
        busy, sky = (turn.factor(ahead_s) for turn in turned)
        return load_w * busy, sun_w * sky, min(low_w, load_w * busy)

    def _turned(self, step: int) -> tuple[Turn, Turn] | None:
        """How load and sun compare with what is usual; None where planning may not know."""
        if self._foresight is not Foresight.PERSISTENCE:
            return None
        return self._load.turn(step), self._sun.turn(step)

    def _unknown_sun_w(self, step: int, first: int, behind: int) -> float:
        world = self._world
        if world.scenario.sun is None:
            return 0.0
        now_w = world.at(world.sun_w, step) or 0.0
        now_s, start_s, end_s = (world.begins_s + n * self._step_s for n in (step, first, behind))
        return self._daylight.expected_w(now_s, now_w, start_s, end_s)

    def _lately(self, step: int, first: int, behind: int) -> tuple[float, float, float] | None:
        """The same hours of the last days that are over: load, sun, low load; None if nothing of
        them was measured. Where a battery covers the house its load is that of a hungry day."""
        back = -(-(behind - step) // self._day)
        key = first, behind, back
        if key not in self._known_flows:
            load_w, sun_w = (each.usual(first, behind, back) for each in (self._load, self._sun))
            if load_w is None or sun_w is None:
                return None
            days = sorted(self._load.days(first, behind, back)[:SPREAD_DAYS])
            low_w, more_w = days[0], days[round(MORE_SHARE * (len(days) - 1))]
            if sun_w < load_w and self._world.scenario.battery is not None:
                load_w += MORE_PART * max(more_w - load_w, 0.0)
            self._known_flows[key] = load_w, sun_w, low_w
        return self._known_flows[key]

    def _prices(self, first: int, behind: int, until: int) -> tuple[float, float, bool]:
        """Of import and export in a stretch, and whether they are published."""
        key = first, behind, until
        if key not in self._known_prices:
            bought, known = self._priced(self._imports, first, behind, until)
            sold, _ = self._priced(self._exports, first, behind, until)
            self._known_prices[key] = bought, sold, known
        return self._known_prices[key]

    def _priced(self, sums: Sums, first: int, behind: int, until: int) -> tuple[float, bool]:
        """The price of a stretch, and whether it is published."""
        if behind <= until and sums.whole(first, behind):
            return sums.mean(first, behind) or 0.0, True
        back = -(-(behind - until) // self._day) if behind > until else 1
        means = []
        for d in range(max(back, 1), max(back, 1) + PRICE_DAYS):
            at = first - d * self._day + self._shift(first) - self._shift(first - d * self._day)
            mean = sums.mean(at, at + behind - first) if at + behind - first <= until else None
            if mean is not None:
                means.append(mean)
        if means:
            return sum(means) / len(means), False
        return sums.mean(until - PRICE_DAYS * self._day, until) or 0.0, False

    def _shift(self, step: int) -> int:
        """By how many steps the clock on the wall is behind UTC."""
        day = step // self._day
        if day not in self._shifts:
            at = self._world.instant(day * self._day + self._day // 2)
            offset = at.astimezone(self._world.scenario.zone).utcoffset()
            self._shifts[day] = -int(offset.total_seconds()) // self._step_s if offset else 0
        return self._shifts[day]


def _awake(world: World) -> list[float | None]:
    """The sun, as far as the house was measured at all: a silent meter is no dark day."""
    pairs = zip(world.sun_w, world.load_w, strict=True)
    return [None if load_w is None else sun_w for sun_w, load_w in pairs]
