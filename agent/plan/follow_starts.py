"""When a charge may begin, and when it goes on: contactors and cars are not for every cloud. Pure.

Only what has time asks here: a car below its minimum, or at its latest start, never does.

1. A charge and a pause last at the least as long as the policy says.
2. A car begins so often on a day. For a deadline of the morning that is twice, of which the second
   time is for good: it is not left any more, so that no start in haste comes on top.
3. Where no more than one start is left, sun is waited for that lasts, and a charge that is not
   worth its price now goes on where that costs less than to stop and to begin again.
"""

from dataclasses import dataclass

from agent.plan.follow_ahead import (
    Piece,
    best_from_now,
    best_later,
    cost_in_one_piece,
    fills,
    gains,
    pieces_of,
)
from agent.plan.follow_sight import Haste, Sight
from agent.plan.optimise.problem import CarTask

MOST_A_DAY = 3
"""Charges that a car begins on a local day."""

AFTERWARDS_S = 6 * 3600.0
"""A deadline so long before midnight leaves a start to the rest of the day."""

START_COSTS = 0.02
"""Of the currency: what a start less is worth. As much again for each one of that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A car that has time, and its choice of now.

    Args:
        hurry: None where nothing is promised. spare_w: what the house and the cars before it leave
            of the sun.
    """

    view: Sight
    car: CarTask
    hurry: Haste | None
    spare_w: float

    @property
    def due(self) -> Haste | None:
        """The promise for which it has to begin on this day."""
        due = self.hurry
        return due if due and due.slack.total_seconds() < self.car.day_left_s else None

    @property
    def left(self) -> int:
        """How often it may begin before the promise of the day, or else on this day."""
        due, most = self.due, MOST_A_DAY
        if due and due.left.total_seconds() + AFTERWARDS_S < self.car.day_left_s:
            most -= 1
        return most - self.car.starts

    def pieces(self) -> tuple[Piece, ...]:
        return pieces_of(self.view, self.car, self.spare_w)


def may_begin(chance: Chance, *, sun: bool) -> bool:
    """Whether a car may begin to charge; for the sun's sake, or because the plan says so."""
    car, due = chance.car, chance.due
    if car.paused_s is not None and car.paused_s < car.min_off_s:
        return False
    if chance.left != 1:
        return chance.left > 1
    pieces = chance.pieces()
    if due is not None:
        return _at_once(pieces, car, due) <= _at_best(pieces, car, due)
    ahead = gains(pieces, car, car.day_left_s) if sun else []
    if not ahead:
        return True
    now = best_from_now(ahead, car.min_on_s)
    return now >= 0 and now >= best_later(ahead, car.min_off_s)


def goes_on_w(chance: Chance) -> float:
    """The power at which a charge goes on for which the price of now would not begin it; 0 = it
    does not."""
    car, due = chance.car, chance.due
    if 0 < car.charging_s < car.min_on_s:
        return car.min_w
    if chance.left > 1:
        return 0.0
    if due is not None and chance.left <= 0:
        return car.min_w
    pieces = chance.pieces()
    ahead = gains(pieces, car, car.day_left_s)
    again = START_COSTS * (1 + car.starts)
    stays, later = best_from_now(ahead, 0.0), best_later(ahead, car.min_off_s)
    if stays > 0 and (chance.left <= 0 or stays >= later - again):
        return car.min_w
    if fills(ahead) and sum(each.amount for each in ahead) >= later - again:
        return car.min_w
    if due is None or _at_once(pieces, car, due) > _at_best(pieces, car, due) + again:
        return 0.0
    return car.max_w


def _at_once(pieces: tuple[Piece, ...], car: CarTask, due: Haste) -> float:
    """What it costs to charge from now on until it is full."""
    return cost_in_one_piece(pieces, car, 0.0, due.left.total_seconds())


def _at_best(pieces: tuple[Piece, ...], car: CarTask, due: Haste) -> float:
    """What that costs when it begins once more, after a pause, at the best time."""
    last_s = max(due.slack.total_seconds(), 0.0)
    starts_s = [each.begins_s for each in pieces if car.min_off_s <= each.begins_s < last_s]
    until_s = due.left.total_seconds()
    return min(
        cost_in_one_piece(pieces, car, begins_s, until_s) for begins_s in (*starts_s, last_s)
    )
