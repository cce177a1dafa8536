"""What smart charging is told of each car: its power of now, and what the plan means to do."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from agent.model.readings import DeviceId
from agent.model.smart import Window
from agent.plan.moment import Guide, Moment, Setpoints
from agent.plan.optimise.problem import CarTask, Problem, Step
from agent.plan.smart import Advice


def advice(guide: Guide | None, setpoints: Setpoints, moment: Moment) -> Mapping[DeviceId, Advice]:
    """For every car of the moment that the plan knows. A car that has just come waits for its
    plan, which takes a fraction of a second; what cannot wait does not ask for advice."""
    found: dict[DeviceId, Advice] = {}
    if guide is None:
        return MappingProxyType(found)
    for car in moment.cars:
        series = guide.solution.car_w.get(car.device)
        if series is None:
            continue
        found[car.device] = Advice(
            power_w=setpoints.car_w.get(car.device, 0.0),
            reason=setpoints.why[str(car.device)],
            windows=tuple(w for w in _windows(guide, series) if w.stop > moment.at),
            cost=cost_of(guide.problem, series, moment.at),
            non_smart_cost=at_once_cost(guide.problem, car, moment.at),
        )
    return MappingProxyType(found)


def _windows(guide: Guide, series: tuple[float, ...]) -> Iterator[Window]:
    """The stretches in which a car charges, neighbours as one."""
    begins: datetime | None = None
    ends = guide.problem.steps[0].start
    for step, end, power_w in zip(guide.problem.steps, guide.solution.ends, series, strict=True):
        if power_w > 0 and begins is None:
            begins = step.start
        if power_w <= 0 and begins is not None:
            yield Window(start=begins, stop=ends)
            begins = None
        ends = end
    if begins is not None:
        yield Window(start=begins, stop=ends)


def cost_of(problem: Problem, series: Sequence[float], at: datetime) -> float | None:
    """Of what is still to come; None where a price of it is a guess."""
    cost = 0.0
    for step, power_w in zip(problem.steps, series, strict=True):
        energy_wh = power_w * _left_s(step, at) / 3600
        if energy_wh <= 0:
            continue
        if not step.known:
            return None
        cost += _charge(step, power_w, energy_wh)
    return cost


def at_once_cost(problem: Problem, car: CarTask, at: datetime) -> float | None:
    """The same energy at full power from now on."""
    left_wh = max(0.0, car.limit_wh - car.level_wh) / car.efficiency
    cost = 0.0
    for step in problem.steps:
        energy_wh = min(left_wh, car.max_w * _left_s(step, at) / 3600)
        if energy_wh <= 0:
            continue
        if not step.known:
            return None
        cost += _charge(step, car.max_w, energy_wh)
        left_wh -= energy_wh
        if left_wh <= 0:
            return cost
    return None


def _left_s(step: Step, at: datetime) -> float:
    """How much of a step is still to come."""
    end = step.start + timedelta(seconds=step.duration_s)
    return max(0.0, (end - max(step.start, at)).total_seconds())


def _charge(step: Step, power_w: float, energy_wh: float) -> float:
    """Sun that is left over costs what it would have earned, the rest is bought."""
    own_w = min(power_w, max(0.0, step.sun_w - step.load_w))
    share = own_w / power_w if power_w > 0 else 0.0
    per_kwh = share * step.export_per_kwh + (1 - share) * step.import_per_kwh
    return per_kwh * energy_wh / 1000
