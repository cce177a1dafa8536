"""A moment in the light of the plan: the step of now, worths, latest starts. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from agent.model.readings import DeviceId
from agent.plan.moment import Guide, Moment
from agent.plan.optimise.mains import ENDLESS_W, Room, fuse_w, shares
from agent.plan.optimise.problem import CarTask, Deadline, Step

RESERVE = timedelta(minutes=20)
"""Kept free before the latest start: clocks, contactors, cars that wake up slowly."""

STAYS = timedelta(minutes=20)
"""Who charges goes on while no more time than this is left: what it gained by its start, or by a
quiet quarter of an hour, would be gone at once if it stopped."""

TIE_PER_KWH = 0.003
"""Prices and worths closer than this are one price; then the plan's own yes or no holds."""

NOTHING_WH = 1.0
SOME_W = 50.0

LASTS_H = 1 / 12
"""Powers are such that they can be kept up for five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    Args:
        step: of the plan in force now; None = there is none.
        buy, sell: per kWh, of this moment or else as planned; None = nobody knows.
        battery_worth: per stored kWh; None = the plan does not say.
        battery_w: as planned; 0 without a plan. buys, sells: whether the plan charges it from the
            grid, or empties it into the grid.
        most_import_w: what the plan draws at most, where the highest power has a price.
    """

    moment: Moment
    guide: Guide | None
    step: int | None
    buy: float | None
    sell: float | None
    battery_worth: float | None
    battery_w: float
    buys: bool
    sells: bool
    most_import_w: float | None

    def planned_w(self, device: DeviceId) -> float | None:
        """What the plan gives a car now; None = the plan does not know the car."""
        if self.guide is None or self.step is None:
            return None
        series = self.guide.solution.car_w.get(device)
        return None if series is None else series[self.step]

    def worth(self, car: CarTask) -> float | None:
        """What a kWh from the charger is worth in the car; None = the plan does not say."""
        if self.guide is None or self.step is None:
            return None
        series = self.guide.solution.car_worth.get(car.device)
        return series[self.step] * car.efficiency if series else None


def sight(moment: Moment, guide: Guide | None) -> Sight:
    step = None if guide is None else step_at(guide, moment.at)
    buy, sell, worth, battery_w, most_w = (
        moment.import_per_kwh,
        moment.export_per_kwh,
        None,
        0.0,
        None,
    )
    if guide is not None and step is not None:
        planned, solution = guide.problem.steps[step], guide.solution
        buy = planned.import_per_kwh if buy is None else buy
        sell = planned.export_per_kwh if sell is None else sell
        worth = solution.battery_worth[step] if solution.battery_worth else None
        battery_w = solution.battery_w[step] if solution.battery_w else 0.0
        most_w = _planned_peak_w(guide, planned) if guide.problem.peak_per_kw > 0 else None
    grid_w = 0.0 if guide is None or step is None else _planned_grid_w(guide, step)
    return Sight(
        moment=moment,
        guide=guide if step is not None else None,
        step=step,
        buy=buy,
        sell=sell,
        battery_worth=worth,
        battery_w=battery_w,
        buys=battery_w > SOME_W and grid_w > SOME_W,
        sells=battery_w < -SOME_W and grid_w < -SOME_W,
        most_import_w=most_w,
    )


def step_at(guide: Guide, at: datetime) -> int | None:
    """The step of the plan that holds at an instant; None before its first and after its last."""
    if not guide.problem.steps or at < guide.problem.steps[0].start:
        return None
    return next((t for t, end in enumerate(guide.solution.ends) if at < end), None)


def _planned_peak_w(guide: Guide, now: Step) -> float | None:
    """The highest import that the plan means to reach in a step; None = as high as can be."""
    problem = guide.problem
    free_w = problem.free_w(now)
    if free_w >= ENDLESS_W:
        return None
    over_w = (_planned_grid_w(guide, t) - problem.free_w(s) for t, s in enumerate(problem.steps))
    return free_w + max(0.0, *over_w)


def _planned_grid_w(guide: Guide, t: int) -> float:
    """At the meter, + = import, with no sun turned down."""
    step, solution = guide.problem.steps[t], guide.solution
    power_w = step.load_w - step.sun_w + sum(each[t] for each in solution.car_w.values())
    return power_w + (solution.battery_w[t] if solution.battery_w else 0.0)


def next_deadline(car: CarTask, at: datetime) -> Deadline | None:
    """The first that is still ahead and not reached yet."""
    return next((d for d in car.deadlines if d.at > at and need_wh(car, d) > NOTHING_WH), None)


def need_wh(car: CarTask, deadline: Deadline) -> float:
    """From the charger, until the deadline."""
    missing_wh = min(deadline.level_wh, car.limit_wh) - car.level_wh
    return max(missing_wh, 0.0) / car.efficiency


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """How much time a car has.

    Args:
        deadline: the next one that it has yet to reach.
        left: from now to the deadline, without the time in which a limit of now lets it charge
            too little. needs: at full power, with the others that are due by then.
        alone: what it needs if no other car took any. charging: whether it draws now.
    """

    deadline: Deadline
    left: timedelta
    needs: timedelta
    alone: timedelta
    charging: bool = False

    @property
    def own_slack(self) -> timedelta:
        """Who has least goes first: what the others need says nothing of who can wait."""
        return self.left - self.alone

    @property
    def slack(self) -> timedelta:
        return self.left - self.needs - RESERVE

    @property
    def urgent(self) -> bool:
        return self.slack <= (STAYS if self.charging else timedelta(0))

    @property
    def hopeless(self) -> bool:
        """Late by far even at full power from now on; who is late by minutes is not given up."""
        return self.left + RESERVE < self.alone


def haste(view: Sight, car: CarTask) -> Haste | None:
    """From the clock and not from the plan; None without a promise to keep.

    At full power as soon as the time left is no more than the longest of: own need at own power,
    the need of all cars that are due by then at the house's head-room, and the same on each phase.
    Head-room is what the house leaves in its bad hours.
    """
    moment = view.moment
    deadline = next_deadline(car, moment.at)
    if deadline is None or car.sun_only:
        return None
    left, import_limit_w = deadline.at - moment.at, moment.import_limit_w
    if (until := _limit_ends(view)) is not None and until < deadline.at:
        left, import_limit_w = deadline.at - until, None
    room = Room(moment, moment.load_high_w, import_limit_w)
    own_w = min(car.max_w, room.most_w(shares(car, moment.phases), car.circuit))
    needs_h = need_wh(car, deadline) / own_w if own_w >= car.min_w and own_w > 0 else inf
    total_wh, on_phase_wh = 0.0, [0.0] * moment.phases
    for other in moment.cars:
        due = next_deadline(other, moment.at)
        if due is None or other.sun_only or due.at > deadline.at:
            continue
        if other.device != car.device and _is_hopeless(view, other, due):
            continue  # it is served after this one and takes nothing from it
        total_wh += need_wh(other, due)
        for k, part in enumerate(shares(other, moment.phases)):
            on_phase_wh[k] += part * need_wh(other, due)
    phase_w = max(fuse_w(moment) - moment.load_high_w / moment.phases, 0.0)
    needs_h = max(needs_h, _hours(total_wh, room.even_w()))
    for energy_wh in on_phase_wh:
        needs_h = max(needs_h, _hours(energy_wh, phase_w))
    alone = _timedelta(_alone_h(view, car, deadline))
    return Haste(
        deadline=deadline,
        left=left,
        needs=_timedelta(needs_h),
        alone=alone,
        charging=car.charging,
    )


def _is_hopeless(view: Sight, car: CarTask, deadline: Deadline) -> bool:
    left = deadline.at - view.moment.at
    return left + RESERVE < _timedelta(_alone_h(view, car, deadline))


def _alone_h(view: Sight, car: CarTask, deadline: Deadline) -> float:
    """What a car needs if it had house, sun and battery to itself as they are now."""
    moment, battery = view.moment, view.moment.battery
    helps_w, left_h = 0.0, (deadline.at - moment.at).total_seconds() / 3600
    if battery is not None and battery.feeds_cars:
        stored_wh = max(battery.level_wh - battery.least_wh, 0.0) * battery.discharge_efficiency
        helps_w = min(battery.max_discharge_w, stored_wh / left_h)
    room = Room(moment, moment.load_w - moment.sun_w, None, helps_w=helps_w)
    best_w = min(car.max_w, room.most_w(shares(car, moment.phases), car.circuit))
    return need_wh(car, deadline) / best_w if best_w > 0 else inf


def soon_w(car: CarTask) -> float:
    """The mean power that the car can still take in the next five minutes before it is full."""
    return max(car.limit_wh - car.level_wh, 0.0) / car.efficiency / LASTS_H


def _hours(energy_wh: float, power_w: float) -> float:
    if energy_wh <= 0:
        return 0.0
    return energy_wh / power_w if power_w > 0 else inf


def _timedelta(hours: float) -> timedelta:
    return timedelta(hours=min(hours, 24.0 * 365))


def _limit_ends(view: Sight) -> datetime | None:
    """When the limit at the meter that holds now is over, as far as the plan was told."""
    limit_w = view.moment.import_limit_w
    if limit_w is None or view.guide is None or view.step is None:
        return None
    for step in view.guide.problem.steps[view.step :]:
        if step.import_limit_w is None or step.import_limit_w > limit_w:
            return step.start if step.start > view.moment.at else None
    return None
