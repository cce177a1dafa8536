"""What else the car says that its flag "plugged in" cannot be true beside.

A flag that hangs, or is never told, says nothing of where the cable is; a car that is known to
have that fault now is weighed by its other words.
"""

from itertools import combinations
from math import log

from agent.pairing.evidence.items import Item
from agent.pairing.places import distance_m
from agent.pairing.runs import Run, Runs
from agent.pairing.tracks import Car, Session

DROVE_PERCENT, DROVE_M = 2.0, 1000.0
"""A car with a cable in it stays where it is, and its level does not sink; heating and standing
take a percent, receivers err by some hundred metres."""

LOOKS_DRIVEN = 0.005
"""So often a car that truly hangs elsewhere has a level that sank or a position that jumped;
judgement: old positions, and level steps of a battery that is balanced."""


def believed(item: Item | None, car: Car, session: Session, stuck: float) -> Item | None:
    """The word of the flag as far as it can be believed.

    Args:
        stuck: how often the flag still says so of an earlier plug.
    """
    if item is None or item.points >= 0:
        return item
    if item.says in {"unplugged", "plug"} and _charges_unplugged(car, session):
        return None
    if item.says == "since-before" and _drove(car, _up_since_s(car.plugged, session), session):
        return item._replace(points=max(item.points, log(stuck / (stuck + LOOKS_DRIVEN))))
    return item


def _charges_unplugged(car: Car, session: Session) -> bool:
    """Since the plug it said in one breath that it charges and that nothing is plugged in."""
    return any(
        max(on.since_s, out.since_s, session.plug_s) <= min(on.until_s, out.until_s)
        for on in car.charging
        if on.value and on.until_s >= session.plug_s
        for out in car.plugged
        if not out.value and out.until_s >= session.plug_s
    )


def _up_since_s(plugged: Runs, session: Session) -> float:
    """Since when the flag that was up at the plug had been up."""
    since_s = session.plug_s
    for run in reversed(plugged):
        if run.since_s >= session.plug_s:
            continue
        if not run.value:
            break
        since_s = run.since_s
    return since_s


def _drove(car: Car, from_s: float, session: Session) -> bool:
    """Between two instants at which the flag was up, before the plug."""
    levels = [run for run in car.soc_percent if _within(run, from_s, session.plug_s)]
    if any(one.value - other.value >= DROVE_PERCENT for one, other in combinations(levels, 2)):
        return True
    places = [p for p in car.places if from_s <= p.since_s <= session.plug_s]
    return any(
        distance_m(one, other) > max(DROVE_M, one.accuracy_m + other.accuracy_m)
        for one, other in combinations(places, 2)
    )


def _within(run: Run, from_s: float, to_s: float) -> bool:
    return run.until_s >= from_s and run.since_s <= to_s
