"""A Problem as a linear programme. Pure; kW, kWh and currency, so that it is well scaled.

Per step: import, export, sun turned down, battery in and out, its level, and per car its power
and level; a variable for each deadline that is missed and for each step below a minimum. Hard
limits never make it infeasible: a house cannot be shed, so its own need is always allowed.

Where export pays more than import costs the programme would trade with itself, so such a step has
one price for both until its direction is decided (directions.py): `Either` says what to change.
"""

from dataclasses import dataclass, field

from agent.model.readings import DeviceId
from agent.plan.optimise import worth
from agent.plan.optimise.mains import ENDLESS_W, fuse_w, is_even, most_import_w, shares
from agent.plan.optimise.model import INFINITE, Model
from agent.plan.optimise.problem import BatteryTask, CarTask, Problem, Step

CAREFUL_SHARE = 0.5
"""How much of the way from the expected to the high load is kept free for the house. All of it
would push cars into dear hours for loads that hardly come together with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A step in which one price holds for both ways, though each has its own.

    Args:
        t: the step. into, out: column of import and of export.
        buy, sell: what a unit costs, and what it earns, truly.
        sunny: whether the house by itself feeds in.
    """

    t: int
    into: int
    out: int
    buy: float
    sell: float
    sunny: bool


@dataclass(slots=True, kw_only=True)
class Layout:
    """Which column and row is what, by step; steps of which the direction is open."""

    either: list[Either] = field(default_factory=list)
    charge: list[int] = field(default_factory=list)
    discharge: list[int] = field(default_factory=list)
    battery_rows: list[int] = field(default_factory=list)
    car: dict[DeviceId, list[int]] = field(default_factory=dict)
    car_rows: dict[DeviceId, list[int]] = field(default_factory=dict)


def _is_twisted(step: Step) -> bool:
    """Whether export pays more than import costs."""
    return step.export_per_kwh > step.import_per_kwh


def formulate(problem: Problem) -> tuple[Model, Layout]:
    model, layout = Model(), Layout()
    uneven = any(not is_even(shares(car, problem.phases)) for car in problem.cars)
    wires = [_wires(problem, step, model, uneven=uneven) for step in problem.steps]
    if problem.peak_per_kw > 0:
        _peak(problem, model, wires)
    _grid(problem, model, layout, wires)
    if problem.battery is not None:
        _battery(problem, problem.battery, model, layout, wires)
    for car in problem.cars:
        _car(problem, car, model, layout, wires)
    return model, layout


@dataclass(slots=True, kw_only=True)
class _Wires:
    """Rows of one step; -1 = there is none.

    Args:
        phases: row and number of each phase that needs one.
        gives: what bounds the battery's discharge; sun: what bounds cars of sun alone.
    """

    balance: int
    phases: list[tuple[int, int]]
    circuits: dict[str, list[int]]
    spreads: list[tuple[int, int, int]]
    gives: int = -1
    sun: int = -1
    peak: int = -1


def _wires(problem: Problem, step: Step, model: Model, *, uneven: bool) -> _Wires:
    base = (step.load_w - step.sun_w) / 1000
    each, phases = fuse_w(problem) / 1000, problem.phases
    out = problem.battery.max_discharge_w / 1000 if problem.battery else 0.0
    rows = _Wires(balance=model.row(base, base), phases=[], circuits={}, spreads=[])
    if uneven or (out - base) / phases > each:
        own = base / phases
        low, high = min(-each, own) - own, max(each, own) - own
        rows.phases = [(model.row(low, high), k) for k in range(phases)] if uneven else []
    for name, amps in problem.circuits_a.items():
        if any(car.circuit == name for car in problem.cars):
            limit = amps * each / problem.fuse_a if problem.fuse_a else 0.0
            rows.circuits[name] = [model.row(-INFINITE, limit) for _ in range(phases)]
    if problem.unbalanced_a is not None and uneven and problem.fuse_a:
        limit = problem.unbalanced_a * each / problem.fuse_a
        pairs = [(i, j) for i in range(phases) for j in range(i)]
        rows.spreads = [(model.row(-limit, limit), i, j) for i, j in pairs]
    if any(car.sun_only for car in problem.cars):
        rows.sun = model.row(-INFINITE, max(-base, 0.0))
    battery = problem.battery
    if battery is not None and problem.cars and (battery.feeds_cars or battery.to_grid):
        rows.gives = model.row(-INFINITE, _gives_limit(battery, base))
    return rows


def _gives_limit(battery: BatteryTask, base: float) -> float:
    if battery.to_grid:
        return INFINITE if battery.feeds_cars else max(base, 0.0) + battery.max_discharge_w / 1000
    return max(base, 0.0)


def _peak(problem: Problem, model: Model, wires: list[_Wires]) -> None:
    entries = []
    for step, rows in zip(problem.steps, wires, strict=True):
        free_w = problem.free_w(step)
        if free_w >= ENDLESS_W:
            continue
        rows.peak = model.row(-INFINITE, free_w / 1000)
        entries.append((rows.peak, -1.0))
    model.column(problem.peak_per_kw, 0.0, INFINITE, entries)


def _grid(problem: Problem, model: Model, layout: Layout, wires: list[_Wires]) -> None:
    fuses_w, cheap = fuse_w(problem) * problem.phases, worth.cheap_per_kwh(problem)
    for t, (step, rows) in enumerate(zip(problem.steps, wires, strict=True)):
        h, base_w, twisted = worth.hours(step), step.load_w - step.sun_w, _is_twisted(step)
        buy, sell = step.import_per_kwh * h, step.export_per_kwh * h
        band_w = max(step.load_high_w - step.load_w + step.sun_w - step.sun_low_w, 0.0)
        most_w = most_import_w(problem, base_w, step.import_limit_w)
        most_w = max(most_w - CAREFUL_SHARE * band_w, base_w)
        into = [(rows.balance, 1.0)] + ([(rows.peak, 1.0)] if rows.peak >= 0 else [])
        unsure_w = min(worth.unsure_w(step), max(most_w, 0.0)) if problem.battery else 0.0
        if unsure_w > 0 and not twisted:
            # The last of what is imported saves less, as it may not have come at all.
            low = worth.unsure_per_kwh(step, cheap)
            model.column(low * h, 0.0, unsure_w / 1000, into)
            most_w -= unsure_w
        column = model.column(buy, 0.0, max(most_w, 0.0) / 1000, into)
        limited = problem.curtailable or step.export_limit_w is not None
        out_w = fuses_w if step.export_limit_w is None else min(step.export_limit_w, fuses_w)
        out_w = out_w if limited else max(out_w, -base_w)
        away = model.column(-sell, 0.0, max(out_w, 0.0) / 1000, [(rows.balance, -1.0)])
        if twisted:
            one = Either(t=t, into=column, out=away, buy=buy, sell=sell, sunny=base_w < 0)
            layout.either.append(one)
        if limited and step.sun_w > 0:
            part = 1 / problem.phases
            entries = [(rows.balance, -1.0)] + [(row, part) for row, _ in rows.phases]
            model.column(0.0, 0.0, step.sun_w / 1000, entries)


def _battery(
    problem: Problem, battery: BatteryTask, model: Model, layout: Layout, wires: list[_Wires]
) -> None:
    least = min(battery.least_wh, battery.level_wh) / 1000
    most = max(battery.most_wh, battery.level_wh) / 1000
    last, passed_h = len(wires) - 1, 0.0
    low = battery.level_wh < battery.least_wh
    layout.battery_rows = [model.row(0.0, 0.0) for _ in wires]
    start = battery.level_wh / 1000
    model.row_lower[layout.battery_rows[0]] = model.row_upper[layout.battery_rows[0]] = start
    for t, (step, rows) in enumerate(zip(problem.steps, wires, strict=True)):
        h, row = worth.hours(step), layout.battery_rows[t]
        base_w, part = step.load_w - step.sun_w, 1 / problem.phases
        early = worth.EARLY_PER_KWH_H * passed_h
        passed_h += h
        into_w = battery.max_charge_w if battery.from_grid else max(-base_w, 0.0)
        shared = [(number, part) for number, _ in rows.phases]
        entries = [(rows.balance, -1.0), (row, -h * battery.charge_efficiency), *shared]
        layout.charge.append(
            model.column(
                (battery.wear_per_kwh + early) * h,
                0.0,
                min(into_w, battery.max_charge_w) / 1000,
                entries,
            )
        )
        shared = [(number, -part) for number, _ in rows.phases]
        entries = [(rows.balance, 1.0), (row, h / battery.discharge_efficiency), *shared]
        if rows.gives >= 0:
            entries.append((rows.gives, 1.0))
        free = rows.gives >= 0 or battery.to_grid
        out_w = battery.max_discharge_w if free else max(base_w, 0.0)
        out_w = min(out_w, battery.max_discharge_w)
        layout.discharge.append(model.column(battery.wear_per_kwh * h, 0.0, out_w / 1000, entries))
        stays = [(row, 1.0)] + ([(layout.battery_rows[t + 1], -1.0)] if t < last else [])
        if low:
            under = model.row(battery.least_wh / 1000, INFINITE)
            model.column(worth.RESERVE_PER_KWH_H * h, 0.0, INFINITE, [(under, 1.0)])
            stays.append((under, 1.0))
        end = worth.battery_end_per_kwh(problem) if t == last else 0.0
        model.column(-end, least, most, stays)


def _car(problem: Problem, car: CarTask, model: Model, layout: Layout, wires: list[_Wires]) -> None:
    count = worth.steps_with(problem, car)
    share = shares(car, problem.phases)
    due = dict[int, list[float]]()
    for steps, deadline in worth.deadlines_within(problem, car):
        if not car.sun_only:
            due.setdefault(steps - 1, []).append(worth.wanted_wh(car, deadline) / 1000)
    rows_of = layout.car_rows[car.device] = [model.row(0.0, 0.0) for _ in range(count)]
    columns = layout.car[car.device] = list[int]()
    if not count:
        return
    model.row_lower[rows_of[0]] = model.row_upper[rows_of[0]] = car.level_wh / 1000
    minimum, most = worth.minimum_wh(car) / 1000, max(car.limit_wh, car.level_wh) / 1000
    below, passed_h = car.level_wh < worth.minimum_wh(car), 0.0
    per_kwh = worth.short_per_kwh(problem, car)
    at_once, absent = _steps_to_minimum(problem, car), worth.steps_without(problem, car)
    for t in range(count):
        step, rows = problem.steps[t], wires[t]
        h = worth.hours(step)
        early, passed_h = worth.EARLY_PER_KWH_H * passed_h, passed_h + h
        entries = [(rows.balance, -1.0), (rows_of[t], -h * car.efficiency)]
        entries += _on_wires(problem, car, share, rows)
        if car.sun_only and t >= at_once:
            entries.append((rows.sun, 1.0))
        most_w = car.max_w if t >= absent else 0.0
        columns.append(model.column(early * h, 0.0, most_w / 1000, entries))
        stays = [(rows_of[t], 1.0)] + ([(rows_of[t + 1], -1.0)] if t < count - 1 else [])
        if below and t < 2 * at_once + 1:
            under = model.row(minimum, INFINITE)
            model.column(worth.UNDER_PER_KWH_H * h, 0.0, INFINITE, [(under, 1.0)])
            stays.append((under, 1.0))
        for level in due.get(t, ()):
            short = model.row(level, INFINITE)
            model.column(per_kwh, 0.0, INFINITE, [(short, 1.0)])
            stays.append((short, 1.0))
        left = worth.car_end_per_kwh(problem, car) if t == count - 1 else 0.0
        model.column(-left, 0.0, most, stays)


def _steps_to_minimum(problem: Problem, car: CarTask) -> int:
    """How many steps a car needs to its minimum at its least power."""
    missing_wh, count = worth.minimum_wh(car) - car.level_wh, 0
    for step in problem.steps:
        if missing_wh <= 0:
            break
        missing_wh -= max(car.min_w, car.max_w / 2) * worth.hours(step) * car.efficiency
        count += 1
    return count


def _on_wires(
    problem: Problem, car: CarTask, share: tuple[float, ...], rows: _Wires
) -> list[tuple[int, float]]:
    entries = [(row, share[k]) for row, k in rows.phases if share[k]]
    if below := rows.circuits.get(car.circuit):
        entries += [(row, part) for row, part in zip(below, share, strict=True) if part]
    spread = [(row, share[i] - share[j]) for row, i, j in rows.spreads]
    entries += [(row, part) for row, part in spread if part]
    battery = problem.battery
    if battery is not None and rows.gives >= 0:
        if battery.feeds_cars:
            entries.append((rows.gives, -1.0))
        else:
            together_w = sum(each.max_w for each in problem.cars)
            entries.append((rows.gives, battery.max_discharge_w / max(together_w, 1.0)))
    return entries
