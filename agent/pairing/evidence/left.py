"""A car that went away while its charger could not tell.

A charger tells when its cable is pulled. While it is off the network nobody does but the car; then
what tied both before is over, however much it was, and says nothing of the next cable.
"""

from math import inf

from agent.model.pairs import PairingCharger
from agent.pairing.evidence.items import Item, Items
from agent.pairing.evidence.place import AWAY_M, far_from
from agent.pairing.tracks import Car, Charger, Session

LEFT = -6.0
"""As a car that still says "unplugged" after long charging (see plug.GONE)."""

DROVE_PERCENT = 4.0
"""A parked car that is heated or watched loses less in the time of an outage; driving takes more.
Judgement."""


def left(car: Car, charger: Charger, session: Session, site: PairingCharger) -> Item | None:
    """When the car said that it had gone, within the last absence of the charger."""
    lost_s, back_s = charger.lost_s, charger.back_s
    if lost_s is None or lost_s < session.plug_s:
        return None
    told_s = min(_unplugged_s(car, lost_s), _away_s(car, lost_s, site), _emptier_s(car, lost_s))
    if told_s >= (inf if back_s is None else back_s):
        return None
    return Item("plug-in", LEFT, "left", (told_s, lost_s))


def without_ties(items: Items, gone: Item) -> Items:
    """What still counts of a car that went away: nothing that speaks for it."""
    return (*(item for item in items if item.points < 0 and item.says != "unplugged"), gone)


def _unplugged_s(car: Car, lost_s: float) -> float:
    """Since when it says, and did not say before, that nothing is plugged in."""
    if len(car.plugged) < 2 or car.plugged[-1].value:  # noqa: PLR2004
        return inf
    since_s = car.plugged[-1].since_s
    return since_s if since_s > lost_s else inf


def _away_s(car: Car, lost_s: float, site: PairingCharger) -> float:
    """Since when it stands far away, after it had stood here."""
    if len(car.places) < 2:  # noqa: PLR2004
        return inf
    was, now = car.places[-2:]
    moved = far_from(was, site) <= AWAY_M < far_from(now, site) and now.since_s > lost_s
    return now.since_s if moved else inf


def _emptier_s(car: Car, lost_s: float) -> float:
    """Since when its battery holds less than at the beginning of the absence, as after driving."""
    before = [run.value for run in car.soc_percent if run.since_s <= lost_s]
    if not before:
        return inf
    return next(
        (
            run.since_s
            for run in car.soc_percent
            if run.since_s > lost_s and run.value < before[-1] - DROVE_PERCENT
        ),
        inf,
    )
