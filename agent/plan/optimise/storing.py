"""What the battery should do when house and cars are given, without a solver. Pure.

Dynamic programming over its level, exact for any level: what stored energy is worth is a concave
line of straight pieces, and going one step back in time merges those pieces with the pieces of
what the step can earn, by their slope (a sup-convolution; known as marginal or water values in
hydropower). Milliseconds for two days of quarter hours.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from agent.plan.optimise import worth
from agent.plan.optimise.problem import BatteryTask, Problem, Step
from agent.plan.optimise.settling import may_give_w

_ALIKE = 1e-9
_NOTHING_WH = 1e-6

Piece = tuple[float, float]
"""Slope in currency per Wh and length in Wh, of what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """
    Args:
        power_w: of the battery at each step, + = charging.
        worth: currency per stored kWh at the end of each step.
    """

    power_w: tuple[float, ...]
    worth: tuple[float, ...]


def store(problem: Problem, cars_w: Sequence[float], room_w: Sequence[float]) -> Stored:
    """The battery's part of the plan.

    Args:
        cars_w: what all cars draw at each step; room_w: what the battery may draw beside them.
    """
    battery = problem.battery
    if battery is None or battery.most_wh <= battery.least_wh:
        nothing = (0.0,) * len(problem.steps) if battery else ()
        return Stored(power_w=nothing, worth=nothing)
    passed_h, deeds, cheap = 0.0, list[list[Piece]](), worth.cheap_per_kwh(problem)
    for step, car_w, free_w in zip(problem.steps, cars_w, room_w, strict=True):
        deeds.append(_deeds(problem, battery, step, car_w, free_w, passed_h, cheap))
        passed_h += worth.hours(step)
    size_wh = battery.most_wh - battery.least_wh
    values = [[(worth.battery_end_per_kwh(problem) / 1000, size_wh)]]
    for gains in reversed(deeds):
        values.append(_before(gains, values[-1], size_wh))
    values.reverse()
    return _walk(problem, battery, deeds, values[1:])


def _deeds(
    problem: Problem,
    battery: BatteryTask,
    step: Step,
    car_w: float,
    free_w: float,
    passed_h: float,
    cheap_per_kwh: float,
) -> list[Piece]:
    """What the step can earn, from discharging most to charging most; negative lengths are
    energy taken out. Slope = what each Wh less taken out, or more put in, brings: so minus what
    it would have earned, or costs."""
    h, base_w = worth.hours(step), step.load_w - step.sun_w
    net_w = base_w + car_w
    buy, sell = step.import_per_kwh / 1000, step.export_per_kwh / 1000
    sell = min(max(sell, 0.0) if problem.curtailable else sell, buy)
    in_w = min(battery.max_charge_w, free_w)
    if problem.peak_per_kw > 0:
        in_w = min(in_w, max(problem.free_w(step) - net_w, -net_w, 0.0))
    if not battery.from_grid:
        in_w = min(in_w, max(-base_w, 0.0))
    spare_w, out_w = min(in_w, max(-net_w, 0.0)), may_give_w(battery, base_w, car_w)
    house_w = min(out_w, max(net_w, 0.0))
    unsure_w = max(house_w - max(net_w - worth.unsure_w(step), 0.0), 0.0)
    low = max(min(worth.unsure_per_kwh(step, cheap_per_kwh) / 1000, buy), sell)
    wear = battery.wear_per_kwh / 1000
    early = worth.EARLY_PER_KWH_H / 1000 * passed_h
    out, into = battery.discharge_efficiency, battery.charge_efficiency
    pieces = [
        (-(sell - wear) * out, -(out_w - house_w) * h / out),
        (-(low - wear) * out, -unsure_w * h / out),
        (-(buy - wear) * out, -(house_w - unsure_w) * h / out),
        (-(sell + wear + early) / into, spare_w * h * into),
        (-(buy + wear + early) / into, (in_w - spare_w) * h * into),
    ]
    return [piece for piece in pieces if abs(piece[1]) > _NOTHING_WH]


def _before(gains: Sequence[Piece], after: Sequence[Piece], size_wh: float) -> list[Piece]:
    """What stored energy is worth before a step: pieces from empty to full."""
    mirrored = [(-slope, abs(length_wh)) for slope, length_wh in gains]
    pieces = sorted([*after, *mirrored], reverse=True)
    cut_wh = sum(length_wh for _, length_wh in gains if length_wh > 0)
    return _part(pieces, cut_wh, size_wh)


def _part(pieces: Sequence[Piece], cut_wh: float, size_wh: float) -> list[Piece]:
    """Without the first `cut_wh`, as long as `size_wh`; neighbours of one slope become one."""
    found = list[Piece]()
    last = inf
    for slope, length_wh in pieces:
        if cut_wh >= length_wh:
            cut_wh -= length_wh
            continue
        left_wh = min(length_wh - cut_wh, size_wh)
        cut_wh = 0.0
        size_wh -= left_wh
        if last - slope < _ALIKE:
            found[-1] = (last, found[-1][1] + left_wh)
        else:
            found.append((slope, left_wh))
            last = slope
        if size_wh <= _NOTHING_WH:
            break
    return found


def _walk(
    problem: Problem,
    battery: BatteryTask,
    deeds: Sequence[Sequence[Piece]],
    values: Sequence[Sequence[Piece]],
) -> Stored:
    """The best deeds, forwards from the level of now."""
    size_wh = battery.most_wh - battery.least_wh
    stored_wh = min(max(battery.level_wh - battery.least_wh, 0.0), size_wh)
    powers, worths = list[float](), list[float]()
    for step, gains, after in zip(problem.steps, deeds, values, strict=True):
        moved_wh = _best(gains, after, stored_wh, size_wh)
        stored_wh += moved_wh
        into = battery.charge_efficiency if moved_wh > 0 else 1 / battery.discharge_efficiency
        powers.append(moved_wh / into / worth.hours(step))
        worths.append(_slope(after, stored_wh) * 1000)
    return Stored(power_w=tuple(powers), worth=tuple(worths))


def _best(
    gains: Sequence[Piece], after: Sequence[Piece], stored_wh: float, size_wh: float
) -> float:
    """How much to put in (or take out) so that no other amount is worth more; a tie means
    store."""
    start_wh = sum(length_wh for _, length_wh in gains if length_wh < 0)
    level_wh = max(stored_wh + start_wh, 0.0)
    passed_wh = stored_wh + start_wh
    costs = [-value for value, _ in after]
    held_wh = [0.0, *accumulate(long_wh for _, long_wh in after)]
    for slope, length_wh in gains:
        passed_wh += abs(length_wh)
        wanted_wh = held_wh[bisect_right(costs, slope + _ALIKE)]
        level_wh = max(level_wh, min(passed_wh, wanted_wh, size_wh))
    return level_wh - stored_wh


def _slope(pieces: Sequence[Piece], at_wh: float) -> float:
    """What one more Wh is worth at a level."""
    for slope, length_wh in pieces:
        at_wh -= length_wh
        if at_wh < -_NOTHING_WH:
            return slope
    return pieces[-1][0]
