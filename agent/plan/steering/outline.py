"""The plan in force, told for people and programs outside."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from agent.model.outline import CarOutline, Outline, PlanStep
from agent.plan.moment import Guide
from agent.plan.optimise.problem import BatteryTask, CarTask
from agent.plan.steering.advice import at_once_cost, cost_of


def outline(guide: Guide, currency: str | None) -> Outline:
    """What the plan means to do, from when it was made on."""
    problem = guide.problem
    begins = problem.steps[0].start
    cars = {}
    for car in (each for each in problem.cars if each.is_here):
        series = guide.solution.car_w.get(car.device, ())
        cars[car.device] = CarOutline(
            deadline=car.deadlines[0].at if car.deadlines else None,
            level_wh=car.level_wh,
            at_deadline_wh=_level_at_deadline_wh(guide, car, series),
            limit_wh=car.limit_wh,
            charge_wh=sum(
                power_w * step.duration_s / 3600
                for step, power_w in zip(problem.steps, series, strict=False)
            ),
            cost=cost_of(problem, series, begins) if series else None,
            at_once_cost=at_once_cost(problem, car, begins),
        )
    return Outline(
        made_at=begins,
        method=guide.solution.method.value,
        currency=currency,
        cost=guide.solution.cost,
        steps=tuple(_steps(guide)),
        cars=MappingProxyType(cars),
    )


def _steps(guide: Guide) -> Iterator[PlanStep]:
    problem, solution = guide.problem, guide.solution
    battery = problem.battery
    level_wh = 0.0 if battery is None else battery.level_wh
    for t, step in enumerate(problem.steps):
        cars = {device: series[t] for device, series in solution.car_w.items()}
        battery_w = solution.battery_w[t] if solution.battery_w else None
        curtailed_w = solution.curtail_w[t] if solution.curtail_w else 0.0
        if battery is not None and battery_w is not None:
            level_wh = _after(battery, level_wh, battery_w, step.duration_s)
        grid_w = step.load_w - step.sun_w + curtailed_w + sum(cars.values()) + (battery_w or 0.0)
        yield PlanStep(
            start=step.start,
            end=solution.ends[t],
            import_per_kwh=step.import_per_kwh,
            export_per_kwh=step.export_per_kwh,
            known=step.known,
            load_w=step.load_w,
            sun_w=step.sun_w,
            grid_w=grid_w,
            car_w=MappingProxyType(cars),
            battery_w=battery_w,
            battery_percent=None if battery is None else 100 * level_wh / battery.most_wh,
        )


def _after(battery: BatteryTask, level_wh: float, power_w: float, duration_s: float) -> float:
    hours = duration_s / 3600
    if power_w > 0:
        return min(battery.most_wh, level_wh + power_w * hours * battery.charge_efficiency)
    return max(0.0, level_wh + power_w * hours / battery.discharge_efficiency)


def _level_at_deadline_wh(guide: Guide, car: CarTask, series: Sequence[float]) -> float:
    level_wh = car.level_wh
    deadline = car.deadlines[0].at if car.deadlines else guide.solution.ends[-1]
    for step, power_w in zip(guide.problem.steps, series, strict=False):
        left_s = min(step.duration_s, (deadline - step.start).total_seconds())
        level_wh += max(0.0, left_s) / 3600 * power_w * car.efficiency
    return min(level_wh, car.limit_wh)
