"""The house without a plan: every car at full power from its arrival, a battery that stores what
the sun leaves over and feeds whatever draws. The comparison for every other controller."""

from collections.abc import Mapping
from types import MappingProxyType

from agent.backtest.control import Plugged, Sight
from agent.backtest.limits import too_much
from agent.model.readings import DeviceId
from agent.model.targets import Reason
from agent.plan.moment import Setpoints

ROUNDS = 24
"""Halvings of the power that is looked for: a 20 kW charger is then found to a mW."""

ROOM_WH = 1e-3
NOTHING_TO_SAY: Mapping[str, Reason] = MappingProxyType({})


class Immediate:
    """Keeps every limit, and knows nothing of prices."""

    plan_ms: tuple[float, ...] = ()

    def steer(self, sight: Sight) -> Setpoints:
        return self_consuming(sight, {car.vehicle.id: car.vehicle.max_w for car in sight.cars})


def self_consuming(
    sight: Sight, wanted_w: Mapping[DeviceId, float], *, feeds_cars: bool = True
) -> Setpoints:
    """Cars as wanted within all limits, the first of the scenario first; the battery levels out
    what the house, and with `feeds_cars` the cars, draw or leave over."""
    given_w, evenly_w, first_w = dict[DeviceId, float](), 0.0, 0.0
    for car in sight.cars:
        lone = car.vehicle.phases < sight.mains.phases
        power_w = _fitting(
            sight, car, wanted_w.get(car.vehicle.id, 0.0), evenly_w, first_w, lone=lone
        )
        given_w[car.vehicle.id] = power_w
        evenly_w, first_w = (evenly_w, first_w + power_w) if lone else (evenly_w + power_w, first_w)
    drawn_w = evenly_w + first_w
    battery_w = _level(sight, drawn_w if feeds_cars else 0.0, drawn_w)
    grid_w = sight.load_w + drawn_w + (battery_w or 0.0) - sight.sun_w
    return Setpoints(
        car_w=given_w,
        battery_w=battery_w,
        curtail_w=_beyond_fuse_w(sight, grid_w, first_w),
        why=NOTHING_TO_SAY,
    )


def _fitting(
    sight: Sight, car: Plugged, wanted_w: float, evenly_w: float, first_w: float, *, lone: bool
) -> float:
    """The most up to `wanted_w` that keeps the limits beside what was given already."""

    def fits(power_w: float) -> bool:
        first = first_w + power_w * lone
        drawn_w = evenly_w + first_w + power_w
        grid_w = sight.load_w - sight.sun_w + drawn_w
        return not too_much(sight, grid_w + (_level(sight, drawn_w, drawn_w) or 0.0), first)

    own = car.vehicle
    hours = sight.step_s / 3600
    room_wh = own.limit_wh - car.level_wh
    full_w = room_wh / own.efficiency / hours
    least_w, most_w = min(own.min_w, full_w), min(wanted_w, own.max_w, full_w)
    if room_wh < ROOM_WH or most_w < least_w or not fits(least_w):
        return 0.0
    if fits(most_w):
        return most_w
    low_w, high_w = least_w, most_w
    for _ in range(ROUNDS):
        middle_w = (low_w + high_w) / 2
        low_w, high_w = (middle_w, high_w) if fits(middle_w) else (low_w, middle_w)
    return low_w


def _level(sight: Sight, fed_w: float, drawn_w: float) -> float | None:
    """What a battery takes or gives to level out house and sun and `fed_w` of the cars.

    Args:
        drawn_w: by all cars; the battery stores only what they leave of the sun.
    """
    own = sight.battery
    if own is None or sight.battery_wh is None:
        return None
    hours = sight.step_s / 3600
    left_w = sight.sun_w - sight.load_w
    if left_w - drawn_w > 0:
        room_w = (own.capacity_wh - sight.battery_wh) / own.charge_efficiency / hours
        return max(0.0, min(left_w - drawn_w, own.max_charge_w, room_w))
    stored_w = (sight.battery_wh - own.least_wh) * own.discharge_efficiency / hours
    return -max(0.0, min(fed_w - left_w, own.max_discharge_w, stored_w))


def _beyond_fuse_w(sight: Sight, grid_w: float, first_w: float) -> float:
    """How much sun no fuse carries away."""
    evenly_w = (grid_w - first_w) / sight.mains.phases
    over_w = -evenly_w - sight.mains.phase_w
    return min(sight.sun_w, max(0.0, over_w) * sight.mains.phases) if over_w > 0 else 0.0
