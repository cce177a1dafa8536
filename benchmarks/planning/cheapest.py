"""The simple ways that Hearth is compared with: the cheapest window, and the cheapest slots.

The battery stores what the sun leaves over and feeds whatever draws; fuse and limits are kept.
"""

from datetime import datetime
from itertools import pairwise
from math import ceil

from agent.backtest.control import Plugged, Sight
from agent.backtest.expecting import USUAL_LOAD_W, Expecting
from agent.backtest.immediate import self_consuming
from agent.backtest.scenario import Mode
from agent.backtest.world import World, deadlines
from agent.model.readings import DeviceId
from agent.plan.moment import Setpoints

SLOT_S = 900
RESERVE_S = 1800
"""Before the latest start, which reckons with all cars that are there one after the other."""


class Cheapest:
    """
    Args:
        window: one stretch; else as many slots as are cheap.
    """

    def __init__(self, world: World, *, window: bool) -> None:
        self._world, self._window, self._expecting = world, window, Expecting(world)
        self._chosen = dict[DeviceId, tuple[tuple[object, ...], set[int]]]()
        self.plan_ms: tuple[float, ...] = ()

    def steer(self, sight: Sight) -> Setpoints:
        wanted = {car.vehicle.id: self._wanted_w(car, sight) for car in sight.cars}
        return self_consuming(sight, wanted)

    def _wanted_w(self, car: Plugged, sight: Sight) -> float:
        own = car.vehicle
        if own.mode is Mode.FAST or car.level_wh < own.minimum_wh:
            return own.max_w
        if own.mode is not Mode.SMART or car.level_wh >= own.limit_wh:
            return 0.0
        deadline = next(deadlines(own, self._world.scenario, sight.at))
        key = (car.since, deadline, self._expecting.known_until(sight.step))
        if own.id not in self._chosen or self._chosen[own.id][0] != key:
            self._chosen[own.id] = (key, self._choose(car, sight, deadline))
        left_s = (deadline - sight.at).total_seconds()
        needed_s = _needed_s(car, sight)
        if (
            sight.step in self._chosen[own.id][1]
            or left_s <= needed_s * len(sight.cars) + RESERVE_S
        ):
            return own.max_w
        return 0.0

    def _choose(self, car: Plugged, sight: Sight, deadline: datetime) -> set[int]:
        behind, per_slot = self._world.step_of(deadline), SLOT_S // sight.step_s
        edges = [*range(sight.step, behind, per_slot), behind]
        slots = list(pairwise(edges))
        prices = [e.import_per_kwh for e in self._expecting.stretches(sight.step, edges)]
        count = min(len(slots), ceil(_needed_s(car, sight) / SLOT_S))
        order = sorted(range(len(slots)), key=lambda n: (prices[n], n))[:count]
        if self._window:
            starts = range(len(slots) - count + 1)
            first = min(starts, key=lambda n: (sum(prices[n : n + count]), n))
            order = list(range(first, first + count))
        return {step for n in order for step in range(*slots[n])}


def _needed_s(car: Plugged, sight: Sight) -> float:
    """How long it takes at the power that the fuse leaves to a car by itself."""
    own, mains = car.vehicle, sight.mains
    fuse_w = min(own.phases, mains.phases) * mains.phase_w - USUAL_LOAD_W
    most_w = max(own.min_w, min(own.max_w, fuse_w, sight.import_limit_w - USUAL_LOAD_W))
    return (own.limit_wh - car.level_wh) / own.efficiency / most_w * 3600
