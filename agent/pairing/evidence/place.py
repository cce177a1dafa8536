"""Where the car says that it stands, and whether it came home just before the plug."""

from itertools import pairwise
from math import log

from agent.model.pairs import PairingCharger
from agent.pairing.delays import MINUTE_S
from agent.pairing.evidence.items import Item
from agent.pairing.places import Place, distance_m
from agent.pairing.tracks import Session

NEAR_M, AWAY_M, COARSE_M = 200.0, 270.0, 500.0
NEAR, NEAR_COARSE = 0.6, 0.25
AWAY_ELSEWHERE = 0.5
"""What is not here is told to be away half of the time; a car here, when its position is wrong."""

DROVE_AWAY = -6.0
ARRIVED_WITHIN_S = 1500.0
ARRIVED, ARRIVED_AFTER = 2.2, 0.5
JUST_BEFORE_S = 300.0
TOO_FAR_M = 10_000.0


def place(
    places: tuple[Place, ...],
    session: Session,
    site: PairingCharger,
    wrong: float,
    *,
    coincidence: bool,
    plugged: bool,
) -> list[Item]:
    """
    Args:
        wrong: the share of sessions at home with a wrong position.
        plugged: it says that it is plugged in: then it does not drive, and its positions are old.
    """
    if site.latitude_deg is None or site.longitude_deg is None:
        return []
    home = Place(site.latitude_deg, site.longitude_deg, 0.0, 0.0, 0.0)
    since = [p for p in places if p.until_s >= session.plug_s]
    if not since:
        return _stood(places, home, session, wrong)
    away = [p for p in since if _distance(p, home) > AWAY_M]
    after = [p for p in away if p.since_s > session.plug_s]
    if len(after) > 1 and not plugged:
        return [Item("location", DROVE_AWAY, "drives", ())]
    if plugged and 0 < len(away) < len(since):
        return []
    last = since[-1]
    far_m = _distance(last, home)
    if far_m > AWAY_M:
        return [Item("location", log(wrong / AWAY_ELSEWHERE), "away", (far_m, last.until_s))]
    if far_m > NEAR_M:
        return []
    near = NEAR_COARSE if last.accuracy_m > COARSE_M else NEAR
    items = [Item("location", near, "near", (far_m, last.until_s))]
    came = _came_s(places, home, session)
    if came is not None:
        before_plug = came <= session.plug_s + MINUTE_S
        points = ARRIVED if before_plug and not coincidence else ARRIVED_AFTER
        items.append(Item("arrival", points, "came", (came, session.plug_s)))
    return items


def far_from(at: Place, site: PairingCharger) -> float:
    """Metres between a position and a charger; 0 where nobody knows where the charger stands."""
    if site.latitude_deg is None or site.longitude_deg is None:
        return 0.0
    return _distance(at, Place(site.latitude_deg, site.longitude_deg, 0.0, 0.0, 0.0))


def _stood(places: tuple[Place, ...], home: Place, session: Session, wrong: float) -> list[Item]:
    """No position since the plug: what was far away just before cannot hang here."""
    if not places or places[-1].until_s < session.plug_s - JUST_BEFORE_S:
        return []
    far_m = _distance(places[-1], home)
    if far_m <= TOO_FAR_M:
        return []
    return [Item("location", log(wrong / AWAY_ELSEWHERE), "away", (far_m, places[-1].until_s))]


def _came_s(places: tuple[Place, ...], home: Place, session: Session) -> float | None:
    """When it came home, if that was just before the plug."""
    for before, after in pairwise(places):
        if not session.plug_s - ARRIVED_WITHIN_S <= before.until_s <= session.plug_s:
            continue
        if _distance(before, home) > AWAY_M and _distance(after, home) <= NEAR_M:
            return after.since_s
    return None


def _distance(one: Place, home: Place) -> float:
    """How far away at least: an inaccurate position may be nearer."""
    return max(0.0, distance_m(one, home) - one.accuracy_m)
