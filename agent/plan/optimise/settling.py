"""Wishes for every step made into a plan that keeps every limit. Pure.

Whatever a method proposes goes through here, so that its rounding cannot break anything: a step
at a time the battery gives, the cars draw in their order, the battery takes from what room is
left, and sun that may not or should not leave the house is turned down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.plan.optimise import worth
from agent.plan.optimise.checking import assess
from agent.plan.optimise.mains import Room, fuse_w, most_export_w, shares
from agent.plan.optimise.problem import BatteryTask, CarTask, Method, Problem, Solution, Step

_NEARLY_WH = 0.5


@dataclass(slots=True, kw_only=True)
class Levels:
    """What is stored while the plan is walked through."""

    battery_wh: float = 0.0
    cars_wh: dict[DeviceId, float] = field(default_factory=dict)


def settle(
    problem: Problem,
    method: Method,
    car_w: Mapping[DeviceId, Sequence[float]],
    battery_w: Sequence[float] = (),
    battery_worth: tuple[float, ...] = (),
    car_worth: Mapping[DeviceId, tuple[float, ...]] = nothing(),
) -> Solution:
    """The nearest plan to these wishes that is feasible; the worths are handed on as they are."""
    levels = Levels(cars_wh={car.device: car.level_wh for car in problem.cars})
    levels.battery_wh = problem.battery.level_wh if problem.battery else 0.0
    powers = {car.device: list[float]() for car in problem.cars}
    flows, curtailed, ends = list[float](), list[float](), worth.end_s(problem)
    for t, step in enumerate(problem.steps):
        wishes = {device: series[t] for device, series in car_w.items()}
        wish_w = battery_w[t] if battery_w else 0.0
        given, flow_w, less_w = _step(problem, step, wishes, wish_w, levels)
        for device, power_w in given.items():
            powers[device].append(power_w)
        flows.append(flow_w)
        curtailed.append(less_w)
    start = problem.steps[0].start
    rough = Solution(
        method=method,
        ends=tuple(start + timedelta(seconds=passed_s) for passed_s in ends),
        cost=0.0,
        car_w={device: tuple(series) for device, series in powers.items()},
        battery_w=tuple(flows) if problem.battery else (),
        curtail_w=tuple(curtailed) if any(curtailed) else (),
        battery_worth=battery_worth,
        car_worth=car_worth,
    )
    verdict = assess(problem, rough)
    return replace(rough, cost=verdict.cost, short_wh=verdict.first_short_wh)


def _step(
    problem: Problem,
    step: Step,
    wishes: Mapping[DeviceId, float],
    wish_w: float,
    levels: Levels,
) -> tuple[dict[DeviceId, float], float, float]:
    """Power of each car, of the battery, and the sun that is turned down; levels move on."""
    base_w, battery, h = step.load_w - step.sun_w, problem.battery, worth.hours(step)
    gives_w = _can_give_w(battery, -wish_w, levels, h) if battery and wish_w < 0 else 0.0
    helps_w = gives_w if battery and battery.feeds_cars else min(gives_w, max(base_w, 0.0))
    out_w = most_export_w(problem, base_w, step.export_limit_w, curtailable=problem.curtailable)
    room = Room(problem, base_w, step.import_limit_w, out_w, helps_w)
    given = _cars(problem, step, wishes, room, levels)
    cars_w, flow_w = sum(given.values()), 0.0
    if battery is not None:
        if wish_w > 0:
            flow_w = _takes_w(battery, wish_w, levels, h, room, base_w)
            levels.battery_wh += flow_w * h * battery.charge_efficiency
        else:
            gives_w = min(gives_w, may_give_w(battery, base_w, cars_w))
            gives_w = max(gives_w - _too_much_w(problem, step, room, out_w, cars_w - gives_w), 0.0)
            flow_w = -gives_w
            levels.battery_wh -= gives_w * h / battery.discharge_efficiency
    net_w = base_w + cars_w + flow_w
    less_w = _too_much_w(problem, step, room, out_w, cars_w + flow_w)
    if problem.curtailable:
        most_w = min(step.sun_w, max(room.even_w() - max(flow_w, 0.0), 0.0))
        buy, sell = step.import_per_kwh, step.export_per_kwh
        less_w = max(less_w, unwanted_w(net_w, most_w, buy, sell))
    return given, flow_w, min(less_w, max(step.sun_w, 0.0))


def may_give_w(battery: BatteryTask, base_w: float, cars_w: float) -> float:
    """How much the battery may give: to the house always, to cars and grid if allowed. What it
    gives while a car draws more than the house is left with feeds that car."""
    if battery.to_grid and (battery.feeds_cars or cars_w <= 0):
        return battery.max_discharge_w
    return min(max(base_w, 0.0) + (cars_w if battery.feeds_cars else 0.0), battery.max_discharge_w)


def _can_give_w(battery: BatteryTask, wish_w: float, levels: Levels, h: float) -> float:
    stored_wh = max(levels.battery_wh - battery.least_wh, 0.0)
    return min(wish_w, battery.max_discharge_w, stored_wh * battery.discharge_efficiency / h)


def _takes_w(
    battery: BatteryTask, wish_w: float, levels: Levels, h: float, room: Room, base_w: float
) -> float:
    free_wh = max(battery.most_wh - levels.battery_wh, 0.0)
    most_w = min(battery.max_charge_w, free_wh / battery.charge_efficiency / h, room.even_w())
    if not battery.from_grid:
        most_w = min(most_w, max(-base_w, 0.0))
    return min(wish_w, most_w)


def _cars(
    problem: Problem,
    step: Step,
    wishes: Mapping[DeviceId, float],
    room: Room,
    levels: Levels,
) -> dict[DeviceId, float]:
    spare_w, given = max(step.sun_w - step.load_w, 0.0), dict[DeviceId, float]()
    for car in problem.cars:
        if wishes.get(car.device, 0.0) <= 0:
            given[car.device] = 0.0
            continue
        share, level_wh = shares(car, problem.phases), levels.cars_wh[car.device]
        most_w = min(wishes.get(car.device, 0.0), car.max_w, room.most_w(share, car.circuit))
        if car.sun_only and not worth.is_under(car, level_wh):
            most_w = min(most_w, spare_w)
        power_w = _in_range_w(car, most_w, level_wh, worth.hours(step))
        if car.sun_only:
            spare_w = max(spare_w - power_w, 0.0)
        room.take(share, power_w, car.circuit)
        levels.cars_wh[car.device] = level_wh + power_w * worth.hours(step) * car.efficiency
        given[car.device] = power_w
    return given


def _in_range_w(car: CarTask, most_w: float, level_wh: float, h: float) -> float:
    """0 or min_w..max_w; in the step in which the car becomes full the mean is what is left."""
    if most_w < car.min_w or most_w <= 0:
        return 0.0
    left_wh = max(car.limit_wh - level_wh, 0.0)
    return 0.0 if left_wh < _NEARLY_WH else min(most_w, left_wh / car.efficiency / h)


def _too_much_w(problem: Problem, step: Step, room: Room, most_w: float, others_w: float) -> float:
    """What would be exported beyond the limits; others: cars and battery together.

    A phase on which a car draws less than on the others exports more than its third.
    """
    base_w, phases = step.load_w - step.sun_w, problem.phases
    fuses_w = fuse_w(problem) * phases
    if step.export_limit_w is None and not problem.curtailable:
        fuses_w = max(fuses_w, -base_w)
    even_w = base_w + others_w - room.uneven_sum_w() + room.lowest_uneven_w() * phases
    return max(-base_w - others_w - most_w, -even_w - fuses_w, 0.0)


def unwanted_w(net_w: float, most_w: float, buy: float | None, sell: float | None) -> float:
    """How much sun is better turned down: what would be exported at a negative price, and all of
    it where drawing is paid for better than what leaves the house.

    Args:
        net_w: at the meter with all the sun, + = import. most_w: what can be turned down.
        buy, sell: per kWh; None = not known.
    """
    exported_w = min(max(-net_w, 0.0), most_w)
    lost = exported_w * sell if sell is not None else 0.0
    if buy is not None and buy < 0 and (most_w - exported_w) * -buy > lost:
        return most_w
    return exported_w if sell is not None and sell < 0 else 0.0
