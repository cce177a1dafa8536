"""A plan without a solver: each car takes the cheapest steps that still have room. Pure.

Feasible by construction: room on phases, circuits and at the meter is reckoned with the high load
and the low sun, and taken away as each piece is placed. Cars go by their deadlines, the battery
last (storing.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from agent.model.readings import DeviceId
from agent.plan.optimise import worth
from agent.plan.optimise.checking import better
from agent.plan.optimise.mains import Room, most_export_w, shares
from agent.plan.optimise.problem import CarTask, Method, Problem, Solution
from agent.plan.optimise.settling import settle
from agent.plan.optimise.storing import store

_ENOUGH_WH = 0.5
_PRICE_STEP = 0.002
"""Prices closer than this count as equal and the earlier step is taken: fewer starts."""

_START_COST = 0.02
"""Of the currency: what one start less is worth."""

Offer = tuple[float, int, float]
"""Price per kWh, step, power up to which."""


@dataclass(slots=True, kw_only=True)
class Board:
    """Where what is placed.

    Args:
        rooms: what may still be drawn at each step; spare_w: sun that nobody has taken yet.
        car_w: by car, what was placed; at_once: whether early goes before cheap;
            dearest: by car, price of the dearest kWh that it needs.
    """

    problem: Problem
    rooms: list[Room]
    spare_w: list[float]
    at_once: bool = False
    car_w: dict[DeviceId, list[float]] = field(default_factory=dict)
    dearest: dict[DeviceId, float] = field(default_factory=dict)

    def most_w(self, car: CarTask, t: int) -> float:
        """The highest power that the car can have at a step, with what it has there; less than
        its minimum is nothing, and so is all before it is there."""
        if car.arrives is not None and self.problem.steps[t].start < car.arrives:
            return 0.0
        has_w = self.car_w[car.device][t]
        free_w = self.rooms[t].most_w(shares(car, self.problem.phases), car.circuit)
        most_w = min(car.max_w, has_w + free_w)
        return most_w if most_w >= car.min_w else 0.0

    def put(self, car: CarTask, t: int, power_w: float) -> None:
        """Raise (or lower) what the car draws at a step to `power_w`."""
        more_w = power_w - self.car_w[car.device][t]
        self.car_w[car.device][t] = power_w
        self.rooms[t].take(shares(car, self.problem.phases), more_w, car.circuit)
        self.spare_w[t] -= more_w


def board(problem: Problem, *, careful: bool = True) -> Board:
    """An empty one; careful = room as it is at high load and low sun."""
    rooms, spare_w = list[Room](), list[float]()
    for step in problem.steps:
        base_w = step.load_w - step.sun_w
        worst_w = max(step.load_high_w - step.sun_low_w, base_w) if careful else base_w
        out_w = most_export_w(problem, base_w, step.export_limit_w, curtailable=problem.curtailable)
        rooms.append(Room(problem, worst_w, step.import_limit_w, out_w))
        spare_w.append(-base_w)
    zeros = {car.device: [0.0] * len(problem.steps) for car in problem.cars}
    return Board(problem=problem, rooms=rooms, spare_w=spare_w, car_w=zeros)


class _Order(Enum):
    """In which cars are served: soonest deadline first, most phases first, or as they stand."""

    URGENT = auto()
    WIDE = auto()
    GIVEN = auto()


def fill(problem: Problem) -> Solution:
    """The plan; it always exists. Same problem, same plan."""
    placed, short = _placed(problem)
    if short and len(problem.cars) > 1:
        # A car on one phase that is served first may leave none on three phases its least power.
        for order in _Order:
            sooner, still_short = _placed(problem, at_once=True, order=order)
            if _missed(problem, still_short) < _missed(problem, short):
                placed, short = sooner, still_short
    solution = _finished(placed)
    if problem.peak_per_kw > 0 and problem.cars:
        flat, _ = _placed(problem, peak_aware=True)
        solution = better(problem, solution, _finished(flat))
    return solution


def _placed(
    problem: Problem,
    *,
    peak_aware: bool = False,
    at_once: bool = False,
    order: _Order = _Order.URGENT,
) -> tuple[Board, dict[DeviceId, float]]:
    """All cars placed, and what is missing where there was no room.

    Args:
        peak_aware: careful of the highest power. at_once: as early as can be, for cars that are
            in each other's way. order: in which they are served.
    """
    places = board(problem)
    places.at_once = at_once
    if peak_aware:
        for step, room, spare_w in zip(problem.steps, places.rooms, places.spare_w, strict=True):
            room.meter_w = min(room.meter_w, max(problem.free_w(step) + spare_w, 0.0))
    for car in problem.cars:
        to_minimum(places, car)
    in_turn = list(problem.cars)
    if order is not _Order.GIVEN:
        in_turn.sort(key=lambda each: _urgency(problem, each))
    if order is _Order.WIDE:
        in_turn.sort(key=lambda each: (not each.is_here, -each.phases))
    missing = _missing(places, in_turn)
    if missing:
        _bolder(places)
        missing = _missing(places, in_turn)
    for car in problem.cars:
        from_spare(places, car)
    return places, missing


def _missing(places: Board, in_turn: Sequence[CarTask]) -> dict[DeviceId, float]:
    """What is missing, of cars that are here, once all have been placed."""
    missing = [(car, to_deadlines(places, car)) for car in in_turn]
    return {car.device: wh for car, wh in missing if car.is_here and wh > _ENOUGH_WH}


def _missed(problem: Problem, short_wh: Mapping[DeviceId, float]) -> float:
    """What is missing, in the weights of the programme."""
    return sum(
        short_wh.get(car.device, 0.0) * worth.short_per_kwh(problem, car) for car in problem.cars
    )


def _finished(places: Board) -> Solution:
    problem = places.problem
    cars_w = [sum(powers[t] for powers in places.car_w.values()) for t in _steps(problem)]
    stored = store(problem, cars_w, [room.even_w() for room in places.rooms])
    worths = {
        car.device: (places.dearest[car.device] / car.efficiency,) * len(problem.steps)
        for car in problem.cars
    }
    return settle(problem, Method.FILLED, places.car_w, stored.power_w, stored.worth, worths)


def _bolder(places: Board) -> None:
    """Room as it is at the expected load, for what had no room at the high one: being late for
    certain is worse than perhaps."""
    wider = board(places.problem, careful=False)
    for car in places.problem.cars:
        for t, power_w in enumerate(places.car_w[car.device]):
            if power_w > 0:
                wider.put(car, t, power_w)
    places.rooms = wider.rooms


def _steps(problem: Problem) -> range:
    return range(len(problem.steps))


def _urgency(problem: Problem, car: CarTask) -> tuple[float, float]:
    """Soonest deadline first, then who has least time to spare; who is away comes last."""
    found = worth.deadlines_within(problem, car)
    if not found or not car.is_here:
        return float("inf"), 0.0
    count, deadline = found[0]
    need_h = (worth.wanted_wh(car, deadline) - car.level_wh) / car.efficiency / car.max_w
    return float(count), -need_h


def to_minimum(places: Board, car: CarTask) -> None:
    """Below its minimum a car charges at once at any price."""
    missing_wh = worth.minimum_wh(car) - car.level_wh
    for t, step in enumerate(places.problem.steps):
        if missing_wh < _ENOUGH_WH:
            return
        power_w = places.most_w(car, t)
        needs_w = missing_wh / worth.hours(step) / car.efficiency
        power_w = min(power_w, max(needs_w, car.min_w)) if power_w else 0.0
        if power_w > 0:
            places.put(car, t, power_w)
            missing_wh -= power_w * worth.hours(step) * car.efficiency


def to_deadlines(places: Board, car: CarTask) -> float:
    """Place what each deadline still needs on the cheapest steps before it, and remember what
    the dearest kWh costs that was needed; without a deadline what spare energy is worth.

    Returns:
        What is missing at its deadlines for want of room, in Wh.
    """
    found = [] if car.sun_only else worth.deadlines_within(places.problem, car)
    spare = worth.car_end_per_kwh(places.problem, car) * car.efficiency
    dearest, missing_wh = -worth.SHORT_PER_KWH if found else spare, 0.0
    for count, deadline in found:
        need_wh = worth.wanted_wh(car, deadline) - car.level_wh - _placed_wh(places, car, count)
        offers = _offers(places, car, count)
        while offers and need_wh >= _ENOUGH_WH:
            price_per_kwh, t, up_to_w = offers.pop(_next(places, car, offers, need_wh))
            need_wh -= _place(places, car, t, up_to_w, need_wh)
            dearest = max(price_per_kwh, dearest)
        missing_wh += max(need_wh, 0.0)
    places.dearest[car.device] = worth.SHORT_PER_KWH if missing_wh > _ENOUGH_WH else dearest
    return missing_wh


def _offers(places: Board, car: CarTask, count: int) -> list[Offer]:
    """Pieces of energy, the best first: price, step, power up to which."""
    offers = (
        (0.0 if places.at_once else round(per_kwh / _PRICE_STEP), t, per_kwh, up_to_w)
        for per_kwh, t, up_to_w in _pieces(places, car, count)
    )
    return [(per_kwh, t, up_to_w) for _, t, per_kwh, up_to_w in sorted(offers)]


def _next(places: Board, car: CarTask, offers: Sequence[Offer], need_wh: float) -> int:
    """Which offer to take: the first, unless it would be a start for a small rest that a step
    beside a charge can take for hardly more."""
    powers = places.car_w[car.device]
    rest_kwh = need_wh / car.efficiency / 1000
    per_kwh, t, up_to_w = offers[0]
    if places.at_once or rest_kwh * 1000 > up_to_w * worth.hours(places.problem.steps[t]):
        return 0
    for n, (other, step, _) in enumerate(offers):
        if (other - per_kwh) * rest_kwh > _START_COST:
            return 0
        if any(powers[k] > 0 for k in (step - 1, step, step + 1) if 0 <= k < len(powers)):
            return n
    return 0


def _pieces(places: Board, car: CarTask, count: int) -> Iterator[Offer]:
    """Price, step, and power up to which.

    Sun that nobody takes costs what it would have earned; more than that is bought. The first
    piece of a step is at least the car's minimum power.
    """
    for t in range(count):
        step, has_w = places.problem.steps[t], places.car_w[car.device][t]
        most_w = places.most_w(car, t)
        if most_w <= has_w:
            continue
        low, spare_w = step.export_per_kwh, max(places.spare_w[t], 0.0)
        if low > step.import_per_kwh and not has_w:
            # The more it draws the cheaper each kWh.
            free_w = min(spare_w, most_w)
            yield (low * free_w + step.import_per_kwh * (most_w - free_w)) / most_w, t, most_w
            continue
        first_w = min(max(spare_w, car.min_w), most_w) if spare_w > 0 and not has_w else 0.0
        if first_w > 0:
            free_w = min(spare_w, first_w)
            per_kwh = (low * free_w + step.import_per_kwh * (first_w - free_w)) / first_w
            yield per_kwh, t, first_w
        if most_w > max(first_w, has_w):
            yield step.import_per_kwh, t, most_w


def _place(places: Board, car: CarTask, t: int, up_to_w: float, need_wh: float) -> float:
    """Returns the energy that was added, in the car."""
    has_w, h = places.car_w[car.device][t], worth.hours(places.problem.steps[t])
    needs_w = has_w + need_wh / h / car.efficiency
    power_w = min(up_to_w, places.most_w(car, t), max(needs_w, car.min_w))
    if power_w <= has_w or power_w < car.min_w:
        return 0.0
    places.put(car, t, power_w)
    return (power_w - has_w) * h * car.efficiency


def _placed_wh(places: Board, car: CarTask, count: int) -> float:
    powers = zip(places.car_w[car.device][:count], places.problem.steps, strict=False)
    return sum(power_w * worth.hours(step) for power_w, step in powers) * car.efficiency


def from_spare(places: Board, car: CarTask) -> None:
    """What nothing is promised of goes into the car where sun is left over."""
    problem = places.problem
    count = worth.steps_with(problem, car)
    if car.deadlines and not car.sun_only:
        return
    value = worth.car_end_per_kwh(problem, car) * car.efficiency
    left_wh = car.limit_wh - car.level_wh - _placed_wh(places, car, count)
    for t, step in enumerate(problem.steps[:count]):
        power_w = min(places.most_w(car, t), places.spare_w[t])
        if left_wh < _ENOUGH_WH:
            return
        if places.car_w[car.device][t] or power_w < car.min_w or step.export_per_kwh > value:
            continue
        places.put(car, t, power_w)
        left_wh -= power_w * worth.hours(step) * car.efficiency
