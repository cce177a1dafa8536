"""Cars that share wires at one price charge side by side instead of by turns. Pure.

Where nothing changes from step to step all ways to share are equally cheap, and a solver answers
with a corner: one car at full power while the other waits, then the other way round. Each turn is
a start. So in such a run each car, and the battery, gets its mean.
"""

from collections.abc import Iterator, Mapping, Sequence

from agent.model.readings import DeviceId
from agent.plan.optimise import worth
from agent.plan.optimise.problem import Problem, Step

_NOTHING_W = 1.0
_ALIKE = 1e-6


def evened(
    problem: Problem, wishes_w: Mapping[DeviceId, Sequence[float]], flows_w: Sequence[float]
) -> tuple[dict[DeviceId, list[float]], list[float]]:
    """The same energies in each run of like steps in which several cars charge.

    Args:
        wishes_w: of each car, by step until it leaves; flows_w: of the battery, + = charging.
    """
    cars_w, battery_w = {car: list(series) for car, series in wishes_w.items()}, list(flows_w)
    if len(cars_w) > 1:
        for run in _runs(problem):
            parts = (series[run.start : run.stop] for series in cars_w.values())
            if sum(max(part, default=0.0) > _NOTHING_W for part in parts) > 1:
                for series in (*cars_w.values(), battery_w):
                    _level(problem, series, run)
    return cars_w, battery_w


def _level(problem: Problem, series: list[float], run: range) -> None:
    """Within a run, as far as the series goes: that of a car ends when it leaves."""
    run = range(run.start, min(run.stop, len(series)))
    if not run:
        return
    hours = [worth.hours(problem.steps[t]) for t in run]
    mean_w = sum(series[t] * h for t, h in zip(run, hours, strict=True)) / sum(hours)
    for t in run:
        series[t] = mean_w


def _runs(problem: Problem) -> Iterator[range]:
    """Neighbouring steps of one price without sun to spare and without a deadline between."""
    due = {count for car in problem.cars for count, _ in worth.deadlines_within(problem, car)}
    steps, first = problem.steps, 0
    for t in range(1, len(steps) + 1):
        if t < len(steps) and t not in due and _alike(steps[first], steps[t]):
            continue
        if t - first > 1 and steps[first].sun_w <= steps[first].load_w:
            yield range(first, t)
        first = t


def _alike(one: Step, other: Step) -> bool:
    return (
        abs(one.import_per_kwh - other.import_per_kwh) < _ALIKE
        and one.import_limit_w == other.import_limit_w
        and (one.sun_w <= one.load_w) == (other.sun_w <= other.load_w)
    )
