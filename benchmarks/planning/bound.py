"""The least that a scenario could have cost, had everything been known: one linear programme.

Steps are as long as nothing changes, so that nothing is lost by them. Relaxed, hence a bound: a car
may draw less than its least power. Binaries stand only where the programme would trade with
itself: in steps where export earns more than import costs, or where import is paid for.

Every car is as full at its deadlines as it counts as ready, or as charging at once made it; before
it leaves it holds what its trip takes, as far as charging at once would have given that; below its
minimum it is charged at once. What the battery has gained or lost counts as in comparisons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from agent.backtest.readiness import stays
from agent.backtest.report import Report
from agent.backtest.world import World

UNDER_PER_KWH_H = 2.0
"""As in the planner: dearer than any price, so that a car below its minimum is charged at once."""

TINY_KWH = 1e-4
"""Against the rounding of the trace."""

GAP, LONGEST_S = 1e-4, 120.0


@dataclass(slots=True)
class Programme:
    """A linear programme as it is written down, column by column.

    Args:
        whole: columns that are 0 or 1. penalties: columns whose cost is none in money.
    """

    costs: list[float] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    penalties: list[int] = field(default_factory=list)
    row_lows: list[float] = field(default_factory=list)
    row_highs: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def column(self, cost: float = 0.0, low: float = 0.0, high: float = inf) -> int:
        self.costs.append(cost)
        self.lows.append(low)
        self.highs.append(high)
        return len(self.costs) - 1

    def row(self, low: float, high: float, *terms: tuple[int, float]) -> None:
        self.starts.append(len(self.indices))
        self.row_lows.append(low)
        self.row_highs.append(high)
        for index, value in terms:
            self.indices.append(index)
            self.values.append(value)

    def least(self) -> float:
        """The least cost; with binaries, what is proven to be below it.

        Raises:
            RuntimeError: it has no solution, which is a mistake in it.
        """
        import highspy
        import numpy as np

        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.costs), len(self.row_lows)
        lp.col_cost_ = np.array(self.costs)
        lp.col_lower_, lp.col_upper_ = np.array(self.lows), np.array(self.highs)
        lp.row_lower_, lp.row_upper_ = np.array(self.row_lows), np.array(self.row_highs)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array([*self.starts, len(self.indices)])
        lp.a_matrix_.index_ = np.array(self.indices)
        lp.a_matrix_.value_ = np.array(self.values)
        if self.whole:
            kinds = [highspy.HighsVarType.kContinuous] * len(self.costs)
            for index in self.whole:
                kinds[index] = highspy.HighsVarType.kInteger
            lp.integrality_ = kinds
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_rel_gap", GAP)
        solver.setOptionValue("time_limit", LONGEST_S)
        solver.passModel(lp)
        solver.run()
        info, values = solver.getInfo(), solver.getSolution().col_value
        good = highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit
        if solver.getModelStatus() not in good[: 1 + bool(self.whole)]:
            raise RuntimeError(f"the bound has no solution: {solver.getModelStatus()}")
        least = info.mip_dual_bound if self.whole else info.objective_function_value
        return float(least - sum(self.costs[n] * values[n] for n in self.penalties))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Steps first..behind-1, through which nothing changes."""

    first: int
    behind: int
    hours: float
    bought: float
    sold: float
    load_kw: float
    sun_kw: float
    import_kw: float


def bound(world: World, at_once: Report) -> float:
    """The comparable cost that no controller can be below, in the scenario's currency."""
    scenario, model = world.scenario, Programme()
    stretches = _stretches(world, at_once)
    lines = [_Line(model, world, each) for each in stretches]
    constant = 0.0
    if scenario.battery is not None:
        constant = _battery(model, lines, world, at_once)
    for n in range(len(scenario.vehicles)):
        _car(model, lines, world, at_once, n)
    for line in lines:
        line.close()
    return model.least() + constant


class _Line:
    """The flows of one stretch."""

    def __init__(self, model: Programme, world: World, own: Stretch) -> None:
        self.own, self._model, self._world = own, model, world
        mains, h = world.scenario.mains, own.hours
        # The house alone may be over a limit; nothing else may then draw, and a battery may help.
        self.phase_kw = mains.phase_w / 1000
        self._most_kw = mains.phases * self.phase_kw
        alone_kw = max(0.0, own.load_kw - own.sun_kw)
        self._room_kw = max(min(own.import_kw, self._most_kw), alone_kw)
        export_kw = world.export_limit_w / 1000
        self.bought = model.column(own.bought * h, 0.0, self._room_kw)
        self.sold = model.column(-own.sold * h, 0.0, export_kw)
        self.curtailed = model.column(0.0, 0.0, own.sun_kw)
        self.evenly: list[tuple[int, float]] = []
        self.first_phase: list[tuple[int, float]] = []

    def either(self, one: int, one_most: float, other: int, other_most: float) -> None:
        """Not both at once."""
        model = self._model
        switch = model.column(0.0, 0.0, 1.0)
        model.whole.append(switch)
        model.row(-inf, 0.0, (one, 1.0), (switch, -one_most))
        model.row(-inf, other_most, (other, 1.0), (switch, other_most))

    def close(self) -> None:
        own, model, phases = self.own, self._model, self._world.scenario.mains.phases
        net_kw = own.load_kw - own.sun_kw
        flows = (*self.evenly, *self.first_phase, (self.curtailed, 1.0))
        model.row(-net_kw, -net_kw, *flows, (self.bought, -1.0), (self.sold, 1.0))
        evenly = [(i, v / phases) for i, v in (*self.evenly, (self.curtailed, 1.0))]
        each_kw, most_kw = net_kw / phases, max(self.phase_kw, net_kw / phases)
        model.row(-self.phase_kw - each_kw, most_kw - each_kw, *evenly)
        if self.first_phase:
            model.row(-inf, most_kw - each_kw, *evenly, *self.first_phase)
        if own.sold > own.bought:
            most = max(self._most_kw, self._room_kw)
            self.either(self.bought, most, self.sold, most)


def _stretches(world: World, at_once: Report) -> list[Stretch]:
    """As long as all that is given stays the same."""
    scenario, rows = world.scenario, at_once.run.rows
    usual, n = at_once.prices, len(rows)
    ends = {n}
    for figures in at_once.cars:
        ends.update(world.step_of(each.deadline) for each in figures.departures)
    keys = [
        (
            row.import_per_kwh, row.export_per_kwh, row.load_kw, row.sun_kw,
            world.import_limit_w[k], tuple(car.plugged for car in row.cars),
        )
        for k, row in enumerate(rows)
    ]  # fmt: skip
    found, first = list[Stretch](), 0
    for k in range(1, n + 1):
        if k < n and k not in ends and keys[k] == keys[first]:
            continue
        row = rows[first]
        bought = usual.import_per_kwh if row.import_per_kwh is None else row.import_per_kwh
        sold = usual.export_per_kwh if row.export_per_kwh is None else row.export_per_kwh
        found.append(
            Stretch(
                first=first,
                behind=k,
                hours=(k - first) * scenario.step_s / 3600,
                bought=bought or 0.0,
                sold=sold or 0.0,
                load_kw=row.load_kw,
                sun_kw=row.sun_kw,
                import_kw=world.import_limit_w[first] / 1000,
            )
        )
        first = k
    return found


def _battery(model: Programme, lines: Sequence[_Line], world: World, at_once: Report) -> float:
    """Returns what does not depend on anything: the worth of what was there at the beginning."""
    own = world.scenario.battery
    assert own is not None
    level = model.column(0.0, own.start_wh / 1000, own.start_wh / 1000)
    for line in lines:
        h = line.own.hours
        charge = model.column(0.0, 0.0, own.max_charge_w / 1000)
        discharge = model.column(0.0, 0.0, own.max_discharge_w / 1000)
        line.evenly += [(charge, 1.0), (discharge, -1.0)]
        if line.own.bought < 0 or line.own.sold < 0:
            line.either(charge, own.max_charge_w / 1000, discharge, own.max_discharge_w / 1000)
        following = model.column(
            0.0, min(own.least_wh, own.start_wh) / 1000, own.capacity_wh / 1000
        )
        model.row(
            0.0, 0.0, (following, 1.0), (level, -1.0), (charge, -h * own.charge_efficiency),
            (discharge, h / own.discharge_efficiency),
        )  # fmt: skip
        level = following
    worth = (at_once.prices.import_per_kwh or 0.0) * own.discharge_efficiency
    model.costs[level] -= worth
    return own.start_wh / 1000 * worth


def _car(model: Programme, lines: Sequence[_Line], world: World, at_once: Report, n: int) -> None:
    scenario, rows = world.scenario, at_once.run.rows
    own, stay_of = scenario.vehicles[n], {stay.first: stay for stay in stays(rows, n)}
    due = {world.step_of(each.deadline) for each in at_once.cars[n].departures}
    lone = own.phases < scenario.mains.phases
    level = model.column(0.0, own.start_wh / 1000, own.start_wh / 1000)
    for line in lines:
        first, behind, h = line.own.first, line.own.behind, line.own.hours
        if first in stay_of:
            level = _arrival(model, world, at_once, n, first, level)
        if not rows[first].cars[n].plugged:
            continue
        power = model.column(0.0, 0.0, own.max_w / 1000)
        (line.first_phase if lone else line.evenly).append((power, 1.0))
        had_kwh = rows[behind - 1].cars[n].percent / 100 * own.capacity_wh / 1000
        least_kwh = min(own.ready_wh / 1000, had_kwh) - TINY_KWH if behind in due else 0.0
        most_kwh = max(own.limit_wh, own.start_wh) / 1000
        after = model.column(0.0, max(0.0, least_kwh), most_kwh)
        model.row(0.0, 0.0, (after, 1.0), (level, -1.0), (power, -h * own.efficiency))
        if own.minimum_wh > 0:
            under = model.column(UNDER_PER_KWH_H * h)
            model.penalties.append(under)
            model.row(own.minimum_wh / 1000, inf, (after, 1.0), (under, 1.0))
        level = after


def _arrival(model: Programme, world: World, at_once: Report, n: int, step: int, level: int) -> int:
    """The level as a car comes home.

    A trip takes no more than there was. So that nobody drives on nothing to save, a car is given
    no more of a trip than it was given when it was charged at once.
    """
    own, used = world.scenario.vehicles[n], world.used_wh[n].get(step, [])
    if not used:
        return level
    rows = at_once.run.rows
    left = rows[step - 1].cars[n].percent / 100 * own.capacity_wh if step else own.start_wh
    had, given = left, 0.0
    for each in used:
        given += max(0.0, each - had)
        had = max(0.0, had - each)
    home = model.column(0.0, 0.0, max(own.limit_wh, own.start_wh) / 1000)
    gift = model.column(0.0, 0.0, given / 1000 + TINY_KWH)
    taken = -sum(used) / 1000
    model.row(taken, taken, (home, 1.0), (level, -1.0), (gift, -1.0))
    return home
