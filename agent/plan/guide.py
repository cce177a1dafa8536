"""Whether a new plan is worth a change of mind. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from agent.model.readings import DeviceId
from agent.plan.moment import Guide, Moment
from agent.plan.optimise.checking import SHORT_SLACK_WH, assess
from agent.plan.optimise.problem import Problem
from agent.plan.optimise.settling import settle

WORTHWHILE_SHARE = 0.01
WORTHWHILE = 0.02
"""Of the currency: what a change has to save at least, together with its share of the cost."""


def adopt(old: Guide | None, new: Guide, moment: Moment) -> Guide:
    """The plan to follow from now on.

    The hours of the old plan are kept where they still do what was promised and the new ones
    would not save more than 1 %: cars should not start and stop for a cent. What energy is worth
    and what the battery does are taken from the new plan in any case; they cost no switching.
    """
    if old is None or not new.problem.cars or moment.at >= old.solution.ends[-1]:
        return new
    if not _same_cars(old, new):
        return new
    kept = settle(
        new.problem,
        new.solution.method,
        _moved(old, new.problem),
        new.solution.battery_w,
        new.solution.battery_worth,
        new.solution.car_worth,
    )
    if kept == new.solution:
        return new
    before, after = assess(new.problem, kept), assess(new.problem, new.solution)
    if before.faults or before.short_wh > after.short_wh + SHORT_SLACK_WH:
        return new
    saved = before.judged - after.judged
    if saved > WORTHWHILE_SHARE * abs(after.cost) + WORTHWHILE:
        return new
    return replace(new, solution=kept)


def _same_cars(old: Guide, new: Guide) -> bool:
    """Whether the same promises are made to the same cars."""
    before, after = (
        {car.device: (car.limit_wh, car.deadlines[:1]) for car in each.problem.cars if car.is_here}
        for each in (old, new)
    )
    return before == after


def _moved(old: Guide, problem: Problem) -> dict[DeviceId, list[float]]:
    """The cars of the old plan on the steps of the new one: what held at the middle of each."""
    ends = [end.timestamp() for end in old.solution.ends]
    middles = [step.start.timestamp() + step.duration_s / 2 for step in problem.steps]
    return {
        device: [_at(ends, series, middle) for middle in middles]
        for device, series in old.solution.car_w.items()
    }


def _at(ends: Sequence[float], series: Sequence[float], at_s: float) -> float:
    t = bisect_right(ends, at_s)
    return series[t] if t < len(series) else 0.0
