"""What the house itself will draw, from its own history by weekday and time of day.

The history is walked through once, day by day: each quarter of an hour is first foretold from
what was known before it, then learned. So the errors of the past are those that the forecast
would really have made; they choose between a quick and a steady memory, and they are the band.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from agent.forecasts.quarters import (
    PER_DAY,
    PER_HOUR,
    QUARTER_S,
    Quarters,
    local_clock,
    quarter_of,
    sensible,
    start_of,
    steps_of,
    weekday_of,
)
from agent.forecasts.spread import Bounds, bounds_by_hour
from agent.model.forecasts import Band

HISTORY_DAYS = 56
_WEEKEND = 5  # Saturday
_TYPICAL = 0.75
"""Powers are averaged by their x-th power and brought back: between mean (1) and median (about
0.5), since an oven that ran once this week is no reason to expect a seventh of it each day."""
_PRIOR = 0.5  # days that the mean over all times of day counts for
_ERRORS_HALVE_DAYS = 14.0
_BESIDE = 0.3  # weight of the quarter before and after; kettles do not boil to the minute
_LATELY = 2 * PER_HOUR
_LATELY_PRIOR = 2.0  # times the expected energy of that time, against a single kettle
_LATELY_RANGE = (0.5, 2.0)
_FADES_H = 3.0

Local = Callable[[int], int]


@dataclass(slots=True)
class _Memory:
    """Means by class of weekday and time of day, of which the old ones fade.

    Args:
        halves_days: after which a day counts half.
        other_class: what a workday counts for a day of the weekend, and the other way round.
    """

    halves_days: float
    other_class: float
    sums: list[float] = field(default_factory=lambda: [0.0] * (2 * PER_DAY))
    weights: list[float] = field(default_factory=lambda: [0.0] * (2 * PER_DAY))
    total: float = 0.0
    weight: float = 0.0
    newest: float = 0.0
    misses: float = 0.0
    errors: list[tuple[int, float, float]] = field(default_factory=list)

    def expect_w(self, cell: int) -> float | None:
        """The power to be expected; None before the first quarter was learned."""
        if not self.weight:
            return None
        other = (cell + PER_DAY) % (2 * PER_DAY)
        prior = _PRIOR * self.newest
        whole = self.sums[cell] + self.other_class * self.sums[other]
        weight = self.weights[cell] + self.other_class * self.weights[other]
        mean = (whole + prior * self.total / self.weight) / (weight + prior)
        return float(mean ** (1 / _TYPICAL))

    def learn(self, cell: int, value: float, days: float) -> None:
        weight: float = 2 ** (days / self.halves_days)
        self.newest = max(self.newest, weight)
        self.sums[cell] += weight * value
        self.weights[cell] += weight
        self.total += weight * value
        self.weight += weight


def forecast_load(
    history: Quarters, now: datetime, timezone: tzinfo, horizon_s: float, step_s: int = QUARTER_S
) -> Band | None:
    """The house's load from the quarter of an hour in which `now` lies.

    Args:
        history: load without cars and battery; what lies after `now` is not looked at.
        now: aware.
        timezone: of the house; people live by the wall clock.
        horizon_s: the band covers at least this.
        step_s: a multiple of 900.

    Returns:
        None when nothing is known of the last eight weeks.

    Raises:
        ValueError: `step_s` is no multiple of 900.
    """
    per_step = per_step_of(step_s)
    here = quarter_of(now)
    begins = here - HISTORY_DAYS * PER_DAY
    known = sensible(history, begins, here)
    if not known:
        return None
    local = local_clock(timezone)
    memory = _best(known, local, here)
    count = math.ceil(horizon_s / step_s) * per_step
    quarters = range(here, here + count)
    means = _corrected(known, memory, local, quarters)
    bounds = _bounds(known, memory, local)
    beside = [bounds[local(q) % PER_DAY // PER_HOUR] for q in quarters]
    rows = list(zip(means, beside, strict=True))
    return Band(
        start=start_of(here),
        step_s=float(step_s),
        mean_w=steps_of(means, per_step),
        low_w=steps_of([max(0.0, mean_w + low_w) for mean_w, (low_w, _) in rows], per_step),
        high_w=steps_of([mean_w + high_w for mean_w, (_, high_w) in rows], per_step),
        source="what the house drew at this time of day in the last weeks",
    )


def per_step_of(step_s: int) -> int:
    """Quarters in a step.

    Raises:
        ValueError: `step_s` is no multiple of 900.
    """
    if step_s <= 0 or step_s % QUARTER_S:
        raise ValueError(f"step_s is {step_s}: it must be a multiple of {QUARTER_S}")
    return step_s // QUARTER_S


def _memories() -> tuple[_Memory, ...]:
    """A house whose habits move, two in between, and one that lives by the week."""
    return (_Memory(3, 0.6), _Memory(6, 0.3), _Memory(10, 0.6), _Memory(21, 0.05))


def _cell(local: Local, quarter: int) -> int:
    day, time = divmod(local(quarter), PER_DAY)
    return time + (PER_DAY if weekday_of(day) >= _WEEKEND else 0)


def _best(known: Quarters, local: Local, here: int) -> _Memory:
    """The memory that would have foretold the last weeks best; equal ones: the quicker.

    A day is foretold as a whole before it is learned, as it would have been at midnight.
    """
    memories = _memories()
    first, day = min(known), -1
    waiting: list[tuple[int, int]] = []
    for quarter in known:
        if quarter // PER_DAY != day:
            _learn(memories, known, waiting, first)
            waiting, day = [], quarter // PER_DAY
        cell, value = _cell(local, quarter), known[quarter]
        waiting.append((quarter, cell))
        weight = 2 ** ((quarter - here) / PER_DAY / _ERRORS_HALVE_DAYS)
        for memory in memories:
            expected = memory.expect_w(cell)
            if expected is not None:
                memory.misses += weight * abs(value - expected)
                memory.errors.append((quarter, value - expected, weight))
    _learn(memories, known, waiting, first)
    return min(memories, key=lambda memory: memory.misses)


def _learn(
    memories: Sequence[_Memory], known: Quarters, waiting: list[tuple[int, int]], first: int
) -> None:
    for quarter, cell in waiting:
        whole, weight = known[quarter], 1.0
        for beside in (quarter - 1, quarter + 1):
            if beside in known:
                whole += _BESIDE * known[beside]
                weight += _BESIDE
        value, days = (whole / weight) ** _TYPICAL, (quarter - first) / PER_DAY
        for memory in memories:
            memory.learn(cell, value, days)


def _corrected(known: Quarters, memory: _Memory, local: Local, quarters: range) -> list[float]:
    """Expected power of each quarter, as much more or less as in the last two hours, fading."""

    def expect_w(quarter: int) -> float:
        return memory.expect_w(_cell(local, quarter)) or 0.0

    here = quarters.start
    lately = [q for q in range(here - _LATELY, here) if q in known]
    expected = math.fsum(expect_w(q) for q in lately)
    ratio = 1.0
    if expected > 0:
        came = math.fsum(known[q] for q in lately)
        ratio = (came + _LATELY_PRIOR * expected) / ((1 + _LATELY_PRIOR) * expected)
        ratio = min(_LATELY_RANGE[1], max(_LATELY_RANGE[0], ratio))
    return [
        expect_w(q) * (1 + (ratio - 1) * math.exp((here - q) / PER_HOUR / _FADES_H))
        for q in quarters
    ]


def _bounds(known: Quarters, memory: _Memory, local: Local) -> Bounds:
    """What is added to the mean, by local hour of day; of a house of which hardly anything is
    known, the least and the most that was seen at all."""
    mean_w = math.fsum(known.values()) / len(known)
    seen = (min(known.values()) - mean_w, 2 * max(known.values()) - mean_w)
    errors = ((local(quarter), error_w, weight) for quarter, error_w, weight in memory.errors)
    return bounds_by_hour(errors) or [seen] * 24
