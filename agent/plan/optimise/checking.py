"""Whether a plan keeps every limit, and what it costs: one judge for all methods. Pure.

Independent of how a plan was made: everything is recomputed from its powers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.model.readings import DeviceId
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan.optimise import worth
from agent.plan.optimise.mains import fuse_w, most_import_w, shares
from agent.plan.optimise.problem import BatteryTask, CarTask, Problem, Solution, Step

SLACK_W = 1.0
SLACK_WH = 1.0
SHORT_SLACK_WH = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    Args:
        faults: limits that the plan breaks, in words; empty = feasible.
        cost: currency, of the energy, of the highest power and of the battery's wear.
        short_wh: what is missing at all deadlines together.
        judged: cost with what is missing at its penalty, less the worth of what is left over;
            smaller is better.
        first_short_wh: by car, at the first deadline that is missed.
    """

    faults: tuple[str, ...]
    cost: float
    short_wh: float
    judged: float
    first_short_wh: dict[DeviceId, float]


def assess(problem: Problem, solution: Solution) -> Verdict:
    """What the plan does and costs if everything comes as expected."""
    faults = [*_shape(problem, solution)]
    if faults:
        return Verdict(faults=tuple(faults), cost=0.0, short_wh=0.0, judged=0.0, first_short_wh={})
    cost, over_w, unsure, cheap = 0.0, 0.0, 0.0, worth.cheap_per_kwh(problem)
    wear = problem.battery.wear_per_kwh if problem.battery else 0.0
    for t, step in enumerate(problem.steps):
        grid_w, flow_w = net_w(solution, step, t), battery_w(solution, t)
        faults += _wires(problem, solution, t, grid_w)
        per_kwh = step.import_per_kwh if grid_w > 0 else step.export_per_kwh
        cost += worth.hours(step) / 1000 * (grid_w * per_kwh + abs(flow_w) * wear)
        over_w = max(over_w, grid_w - problem.free_w(step))
        doubted_w = min(max(grid_w, 0.0), worth.unsure_w(step)) if problem.battery else 0.0
        if doubted_w:
            less_per_kwh = step.import_per_kwh - worth.unsure_per_kwh(step, cheap)
            unsure += worth.hours(step) / 1000 * doubted_w * less_per_kwh
    cost += problem.peak_per_kw * over_w / 1000
    judged, short_wh = cost - unsure, 0.0
    first_short_wh = dict[DeviceId, float]()
    for car in problem.cars:
        levels_wh = list(_car_levels_wh(problem, car, solution))
        faults += _car(problem, car, solution, levels_wh)
        missing = _missing_wh(problem, car, levels_wh)
        if not car.is_here:
            judged += worth.EXPECTED_PER_KWH * sum(missing) / 1000
            missing = []
        if first := next((wh for wh in missing if wh > SHORT_SLACK_WH), None):
            first_short_wh[car.device] = first
        short_wh += sum(missing)
        judged += _judged(problem, car, levels_wh, sum(missing))
    if problem.battery is not None:
        judged += _battery(problem, problem.battery, solution, faults)
    return Verdict(
        faults=tuple(faults),
        cost=cost,
        short_wh=short_wh,
        judged=judged,
        first_short_wh=first_short_wh,
    )


def better(problem: Problem, one: Solution | None, other: Solution) -> Solution:
    """The better of two plans: feasible first, then who keeps more promises, then the cheaper;
    at a tie the first."""
    if one is None:
        return other
    mine, yours = assess(problem, one), assess(problem, other)
    if mine.faults or yours.faults:
        return other if mine.faults and not yours.faults else one
    if abs(mine.short_wh - yours.short_wh) > SHORT_SLACK_WH:
        return one if mine.short_wh < yours.short_wh else other
    return one if mine.judged <= yours.judged else other


def battery_w(solution: Solution, t: int) -> float:
    return solution.battery_w[t] if solution.battery_w else 0.0


def curtail_w(solution: Solution, t: int) -> float:
    return solution.curtail_w[t] if solution.curtail_w else 0.0


def net_w(solution: Solution, step: Step, t: int) -> float:
    """At the meter, + = import."""
    cars_w = sum(powers[t] for powers in solution.car_w.values())
    return step.load_w - step.sun_w + curtail_w(solution, t) + battery_w(solution, t) + cars_w


def _shape(problem: Problem, solution: Solution) -> Iterator[str]:
    count = len(problem.steps)
    if len(solution.ends) != count:
        yield f"{len(solution.ends)} steps instead of {count}"
    known = {car.device for car in problem.cars}
    if set(solution.car_w) != known:
        yield "other cars than those of the problem"
    series = [*solution.car_w.values(), *solution.car_worth.values()]
    series += [solution.battery_w, solution.curtail_w, solution.battery_worth]
    if any(len(each) not in (0, count) for each in series) or not all(solution.car_w.values()):
        yield "a series of another length than the horizon"


def _wires(problem: Problem, solution: Solution, t: int, grid_w: float) -> Iterator[str]:
    step = problem.steps[t]
    base_w, each_w = step.load_w - step.sun_w, fuse_w(problem)
    curtailed_w = curtail_w(solution, t)
    if not -SLACK_W <= curtailed_w <= max(step.sun_w, 0.0) + SLACK_W:
        yield f"step {t}: {curtailed_w:.0f} W of {step.sun_w:.0f} W sun turned down"
    if grid_w > most_import_w(problem, base_w, step.import_limit_w) + SLACK_W:
        yield f"step {t}: {grid_w:.0f} W imported"
    if step.export_limit_w is not None and -grid_w > step.export_limit_w + SLACK_W:
        yield f"step {t}: {-grid_w:.0f} W exported"
    yield from _phases(problem, solution, t, base_w, each_w)


def _phases(
    problem: Problem, solution: Solution, t: int, base_w: float, each_w: float
) -> Iterator[str]:
    """What flows on each phase of the main fuse and of the circuits."""
    phases = problem.phases
    even_w = (base_w + curtail_w(solution, t) + battery_w(solution, t)) / phases
    uneven_w, below_w = _of_cars(problem, solution, t)
    own_w = base_w / phases
    least_w, most_w = -max(each_w, -own_w) - SLACK_W, max(each_w, own_w) + SLACK_W
    for k, extra_w in enumerate(uneven_w):
        flow_w = even_w + extra_w
        if not least_w <= flow_w <= most_w:
            yield f"step {t}: {flow_w:.0f} W on L{k + 1}"
    for name, flows_w in below_w.items():
        if max(flows_w) > problem.circuits_a[name] * NOMINAL_VOLTAGE_V + SLACK_W:
            yield f"step {t}: {max(flows_w):.0f} W on a phase of {name}"
    if problem.unbalanced_a is not None:
        spread_w = max(uneven_w) - min(uneven_w)
        if spread_w > problem.unbalanced_a * NOMINAL_VOLTAGE_V + SLACK_W:
            yield f"step {t}: phases differ by {spread_w:.0f} W"


def _of_cars(
    problem: Problem, solution: Solution, t: int
) -> tuple[list[float], dict[str, list[float]]]:
    """What cars draw on each phase, of the main fuse and by circuit."""
    phases = problem.phases
    uneven_w, below_w = [0.0] * phases, {name: [0.0] * phases for name in problem.circuits_a}
    for car in problem.cars:
        power_w, on_circuit_w = solution.car_w[car.device][t], below_w.get(car.circuit)
        if not power_w:
            continue
        for k, part in enumerate(shares(car, phases)):
            uneven_w[k] += part * power_w
            if on_circuit_w is not None:
                on_circuit_w[k] += part * power_w
    return uneven_w, below_w


def _car_levels_wh(problem: Problem, car: CarTask, solution: Solution) -> Iterator[float]:
    level_wh = car.level_wh
    for step, power_w in zip(problem.steps, solution.car_w[car.device], strict=True):
        level_wh += power_w * worth.hours(step) * car.efficiency
        yield level_wh


def _car(
    problem: Problem, car: CarTask, solution: Solution, levels_wh: list[float]
) -> Iterator[str]:
    powers_w = solution.car_w[car.device]
    if max(levels_wh) > max(car.limit_wh, car.level_wh) + SLACK_WH:
        yield f"{car.device}: charged beyond its limit"
    last = max((t for t, power_w in enumerate(powers_w) if power_w > SLACK_W), default=-1)
    for t, power_w in enumerate(powers_w):
        partial = t == last and levels_wh[t] >= car.limit_wh - SLACK_WH
        least_w = 0.0 if partial else car.min_w
        if power_w > car.max_w + SLACK_W or SLACK_W < power_w < least_w - SLACK_W:
            yield f"{car.device}: {power_w:.0f} W in step {t}"
    if any(powers_w[: worth.steps_without(problem, car)]):
        yield f"{car.device}: charged before it is there"
    if car.sun_only:
        for t, step in enumerate(problem.steps):
            before_wh = levels_wh[t - 1] if t else car.level_wh
            spare_w = max(step.sun_w - step.load_w, 0.0)
            if powers_w[t] > spare_w + SLACK_W and not worth.is_under(car, before_wh):
                yield f"{car.device}: charged from the grid in step {t}"


def _missing_wh(problem: Problem, car: CarTask, levels_wh: list[float]) -> list[float]:
    return [
        max(worth.wanted_wh(car, deadline) - levels_wh[count - 1], 0.0)
        for count, deadline in worth.deadlines_within(problem, car)
    ]


def _judged(problem: Problem, car: CarTask, levels_wh: list[float], short_wh: float) -> float:
    """Penalties less the worth of what the car has in the end."""
    minimum_wh, under = worth.minimum_wh(car), 0.0
    for level_wh, step in zip(levels_wh, problem.steps, strict=True):
        if level_wh < minimum_wh:
            under += (minimum_wh - level_wh) * worth.hours(step)
    left = (levels_wh[-1] - car.level_wh) * worth.car_end_per_kwh(problem, car)
    return (worth.SHORT_PER_KWH * short_wh + worth.UNDER_PER_KWH_H * under - left) / 1000


def _battery(
    problem: Problem, battery: BatteryTask, solution: Solution, faults: list[str]
) -> float:
    """Penalties less the worth of what the battery gains; what it breaks is added to faults."""
    level_wh, under = battery.level_wh, 0.0
    least_wh = min(battery.least_wh, battery.level_wh)
    most_wh = max(battery.most_wh, battery.level_wh)
    for t, step in enumerate(problem.steps):
        h, power_w = worth.hours(step), battery_w(solution, t)
        if power_w > 0:
            level_wh += power_w * h * battery.charge_efficiency
        else:
            level_wh += power_w * h / battery.discharge_efficiency
        if not least_wh - SLACK_WH <= level_wh <= most_wh + SLACK_WH:
            faults.append(f"step {t}: the battery at {level_wh:.0f} Wh")
        if not -battery.max_discharge_w - SLACK_W <= power_w <= battery.max_charge_w + SLACK_W:
            faults.append(f"step {t}: the battery at {power_w:.0f} W")
        if power_w < -SLACK_W and -power_w > _may_give_w(battery, solution, step, t) + SLACK_W:
            faults.append(f"step {t}: the battery gives {-power_w:.0f} W where it must not")
        spare_w = max(step.sun_w - step.load_w, 0.0)
        if not battery.from_grid and power_w > spare_w + SLACK_W:
            faults.append(f"step {t}: the battery is charged from the grid")
        under += max(battery.least_wh - level_wh, 0.0) * h
    gained_wh = level_wh - battery.level_wh
    worth_now = gained_wh * worth.battery_end_per_kwh(problem)
    return (worth.RESERVE_PER_KWH_H * under - worth_now) / 1000


def _may_give_w(battery: BatteryTask, solution: Solution, step: Step, t: int) -> float:
    cars_w = sum(powers[t] for powers in solution.car_w.values())
    house_w = max(step.load_w - step.sun_w, 0.0)
    if battery.to_grid and (battery.feeds_cars or cars_w <= SLACK_W):
        return battery.max_discharge_w
    return house_w + (cars_w if battery.feeds_cars else 0.0)
