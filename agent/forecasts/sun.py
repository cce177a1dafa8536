"""What the sun will give, from the house's own history alone.

Own production is seen as a share of a clear-sky shape, by time of day: so the plant's size, the
way it looks and the trees in front of it are learned without anybody saying them. The shape is
that of the sun's height where the house knows where it stands, and else the best that each time
of day has given lately. The days are walked through once: each is first foretold, then learned,
and the errors made on the way are the band.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.forecasts.load import per_step_of
from agent.forecasts.quarters import (
    PER_DAY,
    PER_HOUR,
    QUARTER_S,
    Quarters,
    quarter_of,
    sensible,
    start_of,
    steps_of,
)
from agent.forecasts.sky import todays_sky
from agent.forecasts.solar import ClearSky, Place
from agent.forecasts.spread import bounds_by_hour
from agent.model.forecasts import Band

HISTORY_DAYS = 42
SOURCE = "what the sun gave at this time of day in the last weeks"
_NIGHT_BELOW_W_PER_M2 = 5.0
_SHAPE_DAYS = 21
_NIGHT_DAYS = 7
_HALVES_DAYS = 12.0
_TYPICAL = 1.25
"""Shares are averaged by their x-th power: clear skies are many and alike, dark ones few and far
off, so the typical day lies above the mean."""
_BESIDE = (1.0, 0.5, 0.2)  # weight of a quarter for those beside it
_PRIOR = 0.1  # days that the share over the whole day counts for
_HEADROOM = 1.1  # over the best share ever seen

Shape = Callable[[int], float]
"""From a quarter to what a clear sky would give, in any unit; 0 = night."""


@dataclass(slots=True)
class _Shares:
    """Production as a share of the shape, by time of day; old days fade."""

    sums: list[float] = field(default_factory=lambda: [0.0] * PER_DAY)
    weights: list[float] = field(default_factory=lambda: [0.0] * PER_DAY)
    best: list[float] = field(default_factory=lambda: [0.0] * PER_DAY)
    total: float = 0.0
    weight: float = 0.0
    newest: float = 0.0
    errors: list[tuple[int, float, float]] = field(default_factory=list)

    def expect(self, time: int) -> float:
        if not self.weight:
            return 0.0
        prior = _PRIOR * self.newest
        mean = (self.sums[time] + prior * self.total / self.weight) / (self.weights[time] + prior)
        return float(mean ** (1 / _TYPICAL))

    def learn(self, time: int, share: float, clear: float, days: float) -> None:
        """Take in one quarter; a bright one counts more than one at dusk."""
        weight: float = clear * 2 ** (days / _HALVES_DAYS)
        self.newest = max(self.newest, weight)
        value = share**_TYPICAL
        for off in range(1 - len(_BESIDE), len(_BESIDE)):
            beside, part = (time + off) % PER_DAY, weight * _BESIDE[abs(off)]
            self.sums[beside] += part * value
            self.weights[beside] += part
            self.best[beside] = max(self.best[beside], share)
        self.total += weight * value
        self.weight += weight


def forecast_sun(
    history: Quarters,
    now: datetime,
    horizon_s: float,
    place: Place | None = None,
    step_s: int = QUARTER_S,
) -> Band | None:
    """What the plant will produce, from the quarter of an hour in which `now` lies.

    Args:
        history: production; what lies after `now` is not looked at.
        now: aware.
        horizon_s: the band covers at least this.
        place: where the house stands; None = nobody said.
        step_s: a multiple of 900.

    Returns:
        None while no daylight of the last six weeks is known; without a place, less than a day.

    Raises:
        ValueError: `step_s` is no multiple of 900.
    """
    per_step, here = per_step_of(step_s), quarter_of(now)
    known = sensible(history, here - HISTORY_DAYS * PER_DAY, here)
    shape = shape_of(known, place, here)
    if shape is None:
        return None
    shares = _learned(known, shape, here)
    if not shares.weight:
        return None
    quarters = range(here, here + math.ceil(horizon_s / step_s) * per_step)
    lows, means, highs = _expected(known, shape, shares, quarters)
    return Band(
        start=start_of(here),
        step_s=float(step_s),
        mean_w=steps_of(means, per_step),
        low_w=steps_of(lows, per_step),
        high_w=steps_of(highs, per_step),
        source=SOURCE,
    )


def shape_of(known: Quarters, place: Place | None, here: int) -> Shape | None:
    """The clear-sky shape: of the sun's height, or else of the last three weeks."""
    if place is not None:
        sky = ClearSky(place)

        def by_height(quarter: int) -> float:
            clear = sky(quarter)
            return clear if clear > _NIGHT_BELOW_W_PER_M2 else 0.0

        return by_height
    if len(known) < PER_DAY:
        return None
    best, lately = [0.0] * PER_DAY, [0.0] * PER_DAY
    for quarter, power_w in known.items():
        time = quarter % PER_DAY
        if quarter >= here - _SHAPE_DAYS * PER_DAY:
            best[time] = max(best[time], power_w)
        if quarter >= here - _NIGHT_DAYS * PER_DAY:
            lately[time] = max(lately[time], power_w)
    day = [b if seen > 0 else 0.0 for b, seen in zip(best, lately, strict=True)]
    return lambda quarter: day[quarter % PER_DAY]


def _learned(known: Quarters, shape: Shape, here: int) -> _Shares:
    """Walk through the history; each day is foretold as a whole before it is learned."""
    shares, day = _Shares(), -1
    waiting: list[tuple[int, float, float]] = []
    first = min(known, default=here)
    for quarter, power_w in known.items():
        clear = shape(quarter)
        if clear <= 0:
            continue
        if quarter // PER_DAY != day:
            _learn(shares, waiting, first)
            waiting, day = [], quarter // PER_DAY
        share = power_w / clear
        waiting.append((quarter, share, clear))
        if shares.weight:
            weight = 2 ** ((quarter - here) / PER_DAY / _HALVES_DAYS)
            error = share - shares.expect(quarter % PER_DAY)
            shares.errors.append((quarter, error, weight))
    _learn(shares, waiting, first)
    return shares


def _learn(shares: _Shares, waiting: Sequence[tuple[int, float, float]], first: int) -> None:
    for quarter, share, clear in waiting:
        shares.learn(quarter % PER_DAY, share, clear, (quarter - first) / PER_DAY)


def _expected(
    known: Quarters, shape: Shape, shares: _Shares, quarters: range
) -> tuple[list[float], list[float], list[float]]:
    """Low, mean and high power of each quarter; never above the best that was ever seen."""
    factor = todays_sky(
        known,
        lambda q: shape(q) * shares.expect(q % PER_DAY),
        max(known.values()) or 1.0,
        quarters.start,
    )
    widest = max(shares.best)
    bounds = bounds_by_hour(shares.errors) or [(-widest, widest)] * 24
    lows, means, highs = [], [], []
    for quarter in quarters:
        clear, time = shape(quarter), quarter % PER_DAY
        best = shares.best[time] * _HEADROOM or max(shares.best) * _HEADROOM
        share = min(best, shares.expect(time) * factor(quarter))
        low, high = bounds[time // PER_HOUR]
        lows.append(clear * max(0.0, share + low))
        means.append(clear * share)
        highs.append(clear * max(share, min(best, share + high)))
    return lows, means, highs
