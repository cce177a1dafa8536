"""What charging costs and brings from now on, as the plan expects sun and prices. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf

from agent.plan.follow_sight import NOTHING_WH, Sight
from agent.plan.moment import Guide
from agent.plan.optimise.problem import BatteryTask, CarTask

CLOUD_S = 600.0
"""For how long the sun of now is expected to stay as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the time ahead in which nothing changes.

    Args:
        begins_s: from now.
        sun_w: what the house leaves of it. sun_per_kwh: what that brings where no car takes it.
        planned_w, worth: of the car; worth per kWh from the charger, None = the plan does not say.
    """

    begins_s: float
    ends_s: float
    sun_w: float
    sun_per_kwh: float
    grid_per_kwh: float
    planned_w: float
    worth: float | None

    def cost(self, power_w: float, energy_wh: float) -> float:
        """Of energy that is taken at a power."""
        share = min(max(self.sun_w, 0.0), power_w) / power_w
        return (share * self.sun_per_kwh + (1 - share) * self.grid_per_kwh) * energy_wh / 1000


def pieces_of(view: Sight, car: CarTask, spare_w: float) -> tuple[Piece, ...]:
    """The plan from now on; empty without one.

    Args:
        spare_w: what the house and the cars before it leave of the sun now.
    """
    if view.guide is None or view.step is None:
        return ()
    return tuple(_pieces(view, view.guide, view.step, car, spare_w))


def _pieces(view: Sight, guide: Guide, first: int, car: CarTask, spare_w: float) -> Iterator[Piece]:
    solution, begins_s = guide.solution, 0.0
    planned, worths = (each.get(car.device) for each in (solution.car_w, solution.car_worth))
    for t in range(first, len(guide.problem.steps)):
        step = guide.problem.steps[t]
        ends_s = (solution.ends[t] - view.moment.at).total_seconds()
        for end_s in (min(CLOUD_S, ends_s), ends_s):
            if end_s > begins_s:
                yield Piece(
                    begins_s=begins_s,
                    ends_s=end_s,
                    sun_w=spare_w if end_s <= CLOUD_S else step.sun_w - step.load_w,
                    sun_per_kwh=_sun_per_kwh(guide, view.moment.battery, t),
                    grid_per_kwh=step.import_per_kwh,
                    planned_w=planned[t] if planned else 0.0,
                    worth=worths[t] * car.efficiency if worths else None,
                )
                begins_s = end_s


def _sun_per_kwh(guide: Guide, battery: BatteryTask | None, t: int) -> float:
    """What sun that no car takes brings: sold, or stored where there is room."""
    sold, worths = guide.problem.steps[t].export_per_kwh, guide.solution.battery_worth
    if battery is None or not worths or battery.level_wh >= battery.most_wh - NOTHING_WH:
        return sold
    return max(sold, worths[t] * battery.charge_efficiency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What charging all through a stretch brings instead of later, in currency.

    Args:
        left_wh: what is missing at its end, at the charger.
    """

    begins_s: float
    ends_s: float
    amount: float
    left_wh: float


def gains(pieces: Sequence[Piece], car: CarTask, until_s: float) -> list[Gain]:
    """Of charging on the sun, at the car's minimum at the least, until the car is full; empty
    where the plan does not say what energy is worth."""
    found, left_wh = list[Gain](), _left_wh(car)
    for each in pieces:
        if each.worth is None or each.begins_s >= until_s or left_wh <= 0:
            break
        power_w = max(min(max(each.sun_w, car.min_w), car.max_w), each.planned_w)
        lasts_s = min(min(each.ends_s, until_s) - each.begins_s, left_wh / power_w * 3600)
        energy_wh = power_w * lasts_s / 3600
        amount = each.worth * energy_wh / 1000 - each.cost(power_w, energy_wh)
        left_wh -= energy_wh
        ends_s = each.begins_s + lasts_s
        found.append(Gain(begins_s=each.begins_s, ends_s=ends_s, amount=amount, left_wh=left_wh))
    return found


def fills(ahead: Sequence[Gain]) -> bool:
    """Whether the car is full at its end."""
    return bool(ahead) and ahead[-1].left_wh < NOTHING_WH


def best_from_now(ahead: Sequence[Gain], least_s: float) -> float:
    """The most that charging without a break from now on brings, for so long at the least; 0 where
    nothing is known of it."""
    sums = list(accumulate(each.amount for each in ahead))
    long = [s for s, each in zip(sums, ahead, strict=True) if each.ends_s >= least_s]
    return max(long or sums[-1:], default=0.0)


def best_later(ahead: Sequence[Gain], pause_s: float) -> float:
    """The most that charging without a break brings that begins after a pause; 0 = nothing."""
    best = total = 0.0
    for each in ahead:
        if each.begins_s >= pause_s:
            total = max(total + each.amount, 0.0)
            best = max(best, total)
    return best


def cost_in_one_piece(
    pieces: Sequence[Piece], car: CarTask, begins_s: float, until_s: float
) -> float:
    """Of charging at full power from a time on until the car is full; inf where that is not so
    before `until_s`."""
    left_wh, cost = _left_wh(car), 0.0
    for each in pieces:
        lasts_s = min(each.ends_s, until_s) - max(each.begins_s, begins_s)
        if lasts_s > 0 and left_wh > 0:
            energy_wh = min(car.max_w * lasts_s / 3600, left_wh)
            cost += each.cost(car.max_w, energy_wh)
            left_wh -= energy_wh
    return cost if left_wh <= 0 else inf


def _left_wh(car: CarTask) -> float:
    return max(car.limit_wh - car.level_wh, 0.0) / car.efficiency
