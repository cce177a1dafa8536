"""What energy is worth to a plan: penalties, and energy that is left over. Pure.

The weights are constraints in disguise: higher than any price (0.87 EUR/kWh was seen on a
European spot market), yet small enough to leave the shadow prices well scaled. Safety is no
weight anywhere: limits are limits.
"""

from bisect import bisect_right
from datetime import datetime
from itertools import accumulate

from agent.plan.optimise.problem import CarTask, Deadline, Problem, Step

SHORT_PER_KWH = 10.0
"""Energy that is missing at a deadline."""

ONE_LATE_SHARE = 0.03
"""Of that: less for each car that goes before."""

EXPECTED_PER_KWH = 1.0
"""The same for a car that is not there yet: dearer than any price, cheaper than any promise."""

UNDER_PER_KWH_H = 2.0
"""Energy below the car's minimum, each hour."""

RESERVE_PER_KWH_H = 0.02
"""Energy below the battery's reserve, each hour; it is refilled within a day."""

EARLY_PER_KWH_H = 2e-5
"""Waiting, so that of two equal hours the earlier one is taken."""

CHEAP_QUANTILE = 0.1
SPARE_SHARE = 0.98
UNSURE_SHARE = 0.35
"""Of what a kWh in the battery saves, what is lost where the load it was kept for stays away."""

_DAY_S = 86_400.0
_SLACK_S = 1.0
_SLACK_WH = 1.0


def hours(step: Step) -> float:
    return step.duration_s / 3600


def end_s(problem: Problem) -> list[float]:
    """End of each step in seconds after the start of the first."""
    return list(accumulate(step.duration_s for step in problem.steps))


def steps_before(problem: Problem, at: datetime) -> int:
    """How many steps are over at `at`; a second late is in time."""
    passed_s = (at - problem.steps[0].start).total_seconds()
    return bisect_right(end_s(problem), passed_s + _SLACK_S)


def deadlines_within(problem: Problem, car: CarTask) -> list[tuple[int, Deadline]]:
    """Those deadlines that fall into the horizon, with the number of steps until then."""
    if not car.deadlines:
        return []
    ends_s, start = end_s(problem), problem.steps[0].start
    after_s = [(each, (each.at - start).total_seconds()) for each in car.deadlines]
    return [
        (count, each)
        for each, at_s in after_s
        if 0 < at_s <= ends_s[-1] + _SLACK_S
        and (count := bisect_right(ends_s, at_s + _SLACK_S)) > 0
    ]


def steps_with(problem: Problem, car: CarTask) -> int:
    """How many steps the car can be counted on: to its last deadline, or to the end."""
    if car.deadlines and car.deadlines[-1].at > problem.steps[0].start:
        return steps_before(problem, car.deadlines[-1].at)
    return len(problem.steps)


def steps_without(problem: Problem, car: CarTask) -> int:
    """How many steps begin before the car is there."""
    if car.arrives is None:
        return 0
    return sum(step.start < car.arrives for step in problem.steps)


def wanted_wh(car: CarTask, deadline: Deadline) -> float:
    return min(deadline.level_wh, car.limit_wh)


def short_per_kwh(problem: Problem, car: CarTask) -> float:
    """What misses a deadline costs a little more for who can still be in time, then for who stands
    first: where the wires do not do for all, one is late rather than each of them. A car that is
    only expected never makes one late that is here."""
    if not car.is_here:
        return EXPECTED_PER_KWH
    in_turn = sorted(problem.cars, key=lambda each: _is_hopeless(problem, each))
    return SHORT_PER_KWH * (1 - ONE_LATE_SHARE * in_turn.index(car))


def _is_hopeless(problem: Problem, car: CarTask) -> bool:
    """Whether it cannot be in time even at full power from now on; so is who has no deadline."""
    found = deadlines_within(problem, car)
    if not found:
        return True
    deadline = found[0][1]
    left_h = (deadline.at - problem.steps[0].start).total_seconds() / 3600
    return (wanted_wh(car, deadline) - car.level_wh) / car.efficiency > car.max_w * left_h


def minimum_wh(car: CarTask) -> float:
    return min(car.minimum_wh, car.limit_wh)


def is_under(car: CarTask, level_wh: float) -> bool:
    """Whether it charges at any price, even a car that otherwise takes the sun alone."""
    return level_wh < minimum_wh(car) - _SLACK_WH


def cheap_per_kwh(problem: Problem) -> float:
    """What a kWh costs when one can wait for it: the cheapest tenth of the last day of the
    horizon; where the sun covers the house it costs what it would have earned.

    The mean price would hoard energy on sunny days, when tomorrow's is nearly free.
    """
    found, left_s = list[tuple[float, float]](), _DAY_S
    for step in reversed(problem.steps):
        if left_s <= 0:
            break
        sunny = step.sun_w > step.load_w
        spare = min(step.import_per_kwh, step.export_per_kwh) if sunny else step.import_per_kwh
        found.append((spare, step.duration_s))
        left_s -= step.duration_s
    found.sort()
    passed_s, whole_s = 0.0, sum(duration_s for _, duration_s in found)
    for price_per_kwh, duration_s in found:
        passed_s += duration_s
        if passed_s >= CHEAP_QUANTILE * whole_s:
            return price_per_kwh
    return found[-1][0]


def unsure_w(step: Step) -> float:
    """The part of the expected load that comes on some days only."""
    return 0.0 if step.load_low_w is None else max(step.load_w - step.load_low_w, 0.0)


def unsure_per_kwh(step: Step, cheap_per_kwh: float) -> float:
    """What a kWh saves that is kept for such a load: it may be left over, and is then worth no
    more than one that is bought or sold when it is cheapest.

    Without that a battery is filled at night for a morning that seldom is as dear as the mean.
    """
    left_over = max(step.export_per_kwh, cheap_per_kwh)
    return step.import_per_kwh - UNSURE_SHARE * max(step.import_per_kwh - left_over, 0.0)


def battery_end_per_kwh(problem: Problem) -> float:
    """What a kWh in the battery is worth at the end of the horizon: what it costs to buy back, yet
    less than it ever saves. At one price all day it would be hoarded, and even bought, otherwise.
    """
    battery = problem.battery
    if battery is None:
        return 0.0
    buys = max(cheap_per_kwh(problem), 0.0) / battery.charge_efficiency
    dearest = max(max(step.import_per_kwh, step.export_per_kwh) for step in problem.steps)
    saves = max(dearest - battery.wear_per_kwh, 0.0) * battery.discharge_efficiency
    return min(buys, SPARE_SHARE * saves)


def car_end_per_kwh(problem: Problem, car: CarTask) -> float:
    """What a kWh in the car beyond all promises is worth: a little less than what a kWh from the
    grid costs at its cheapest, so that spare sun goes into the car and nothing dear does."""
    cheapest = min(step.import_per_kwh for step in problem.steps)
    return SPARE_SHARE * max(cheapest, cheap_per_kwh(problem), 0.0) / car.efficiency
